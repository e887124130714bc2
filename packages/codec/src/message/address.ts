import { checkInteger, checkText } from '../bytes/check.js'
import type { Reader } from '../bytes/reader.js'
import type { Writer } from '../bytes/writer.js'
import { maxAddressBytes } from '../limits.js'
import type { Address, DataMessage } from './message.js'

/** Size of Length(1) and Port(2) around the host. */
const addressFrameBytes = 3

/** An address whose host has been converted to bytes and checked. */
export interface EncodedAddress {
  readonly host: Uint8Array
  readonly port: number
  readonly sizeBytes: number
}

/** Length 0 and port 0: an absent address in a UDP tail. */
export const noAddress: EncodedAddress = { host: new Uint8Array(0), port: 0, sizeBytes: addressFrameBytes }

/**
 * Returns the target of a datagram that travels towards the network. A deployed peer fills the target pair; one that
 * follows the older documents sends a single pair, which `decode` returns as `source`. For a datagram from the network,
 * `source` is right in both cases.
 */
export function datagramTarget(message: DataMessage): Address | undefined {
  return message.target ?? message.source
}

export function encodeAddress(address: Address, field: string): EncodedAddress {
  const host = checkText(address.host, `${field} host`, 1, maxAddressBytes)
  const port = checkInteger(address.port, `${field} port`, 0, 0xffff)
  return { host, port, sizeBytes: addressFrameBytes + host.length }
}

export function writeAddress(writer: Writer, address: EncodedAddress): Writer {
  return writer.short(address.host).u16(address.port)
}

/** Reads an address; undefined where the host is empty, and its port then has no meaning. */
export function readAddress(reader: Reader, field: string): Address | undefined {
  const host = reader.shortText(field)
  const port = reader.u16(`${field} port`)
  return host === '' ? undefined : { host, port }
}
