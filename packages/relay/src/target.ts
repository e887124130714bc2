import type { Address } from '@ls/codec'
import { formatHostPort } from '@ls/foundation'
import { parseHostName } from './address/host-name.js'
import { type IpAddress, parseIpAddress } from './address/ip-address.js'
import { endsInNumber, parseNumberAddress } from './address/number-address.js'
import { RelayError } from './errors.js'

/**
 * Destination of a connection or datagram, in the normal form that rules, routes, dials and logs compare. Only {@link
 * parseTarget} and {@link targetAt} create one.
 */
export interface CheckedTarget extends Address {
  /** The text of `address`, or a name: ASCII in lower case, 253 bytes at most, without the dot of the root. */
  readonly host: string
  /** Port, 1–65535. */
  readonly port: number
  /** Parsed address; undefined for a name. */
  readonly address: IpAddress | undefined
  readonly [parsed]: true
}

/**
 * Parses a target from a proxy client or a peer. All forms of an address that resolvers accept become that address:
 * `127.1`, `0x7f.1`, `[::ffff:7f00:1]`, `127.0.0.1.`. Otherwise a rule would see a name where the resolver sees an
 * address.
 *
 * @returns RelayError `failed` for text that is neither an address nor a name, and for port 0
 */
export function parseTarget({ host, port }: Address): CheckedTarget | RelayError {
  if (!Number.isInteger(port) || port < 1 || port > 0xffff) return bad(`the port of the target is ${port}`)
  const address = parseIpAddress(host)
  if (address !== undefined) return makeTarget(address.text, port, address)
  if (host === '') return bad('the target has no host')
  const read = parseHostName(host)
  if ('fault' in read) return bad(`the host ${quote(host)} ${read.fault}`)
  const { name } = read
  if (!endsInNumber(name)) return makeTarget(name, port, undefined)
  const number = parseNumberAddress(name)
  if (number === undefined) return bad(`the host ${quote(host)} ends in a number, but is no IPv4 address`)
  return makeTarget(number.text, port, number)
}

/**
 * Parses `HOST:PORT` as a person writes it, IPv6 in brackets.
 *
 * @throws RangeError naming the value and what is wrong with it
 */
export function readHostPort(text: string): CheckedTarget {
  const [, address, name, digits] = /^(?:\[([^\]]*)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? []
  if (digits === undefined) throw new RangeError(`"${text}" is not HOST:PORT`)
  const target = parseTarget({ host: address ?? name ?? '', port: Number(digits) })
  if (target instanceof RelayError) throw new RangeError(`"${text}": ${target.failure.detail}`)
  return target
}

/** Target after its name resolved to `address`. */
export function targetAt({ port }: CheckedTarget, address: IpAddress): CheckedTarget {
  return makeTarget(address.text, port, address)
}

/** Formats `host:port` for logs and error texts, with brackets around IPv6. */
export function formatTarget({ host, port }: Address): string {
  return formatHostPort(host, port)
}

declare const parsed: unique symbol

function makeTarget(host: string, port: number, address: IpAddress | undefined): CheckedTarget {
  return { host, port, address } as CheckedTarget
}

function bad(detail: string): RelayError {
  return new RelayError({ word: 'failed', detail })
}

/** Quotes a peer's text in an error: shortened, with all but printable ASCII escaped. */
function quote(text: string): string {
  const escape = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
  const escaped = JSON.stringify(text.slice(0, 64)).replaceAll(/[^\x20-\x7e]/g, escape)
  return text.length > 64 ? `${escaped}…` : escaped
}
