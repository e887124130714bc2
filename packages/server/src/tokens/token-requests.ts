import { textOf } from '@ls/foundation'
import type { Account } from '@ls/relay'
import { PortRanges } from '../expose/port-ranges.js'
import type { PolicyOptions } from '../policy/policy-options.js'
import type { Policy } from '../policy/policy.js'

/** Further options of every kind of token. */
export interface TokenOptions {
  /** How it may be used. @default the server's `policy` */
  readonly policy?: Policy | PolicyOptions | undefined
}

/** Request of {@link LinkSocksServer.addReverseToken}. */
export interface ReverseTokenRequest extends TokenOptions {
  /** 1–255 bytes. @default a new one */
  readonly token?: string | undefined
  /** @default the server's `socksHost` */
  readonly socksHost?: string | undefined
  /**
   * Port for SOCKS; 0 for any that is free when it opens. @default a free one of the server's `portPool`, or `none`
   * with `allowManageConnector`
   */
  readonly socksPort?: number | 'none' | undefined
  /** Addresses of SOCKS instead of `socksHost` and `socksPort`: `host:port` or `unix:/path`. @default none */
  readonly socksListen?: readonly string[] | undefined
  /**
   * User name that SOCKS clients must give, 1–255 bytes (RFC 1929 §2), with `password`. @default none: anyone may use
   * the port
   */
  readonly username?: string | undefined
  /** Password to `username`. @default none */
  readonly password?: string | undefined
  /** More accounts that may use the port. @default none */
  readonly accounts?: readonly Account[] | undefined
  /** Autonomy: providers add and remove connector tokens of their own. @default false */
  readonly allowManageConnector?: boolean | undefined
  /**
   * Ports that its providers may have opened, `2222,4000-4100`; empty for none. @default the server's `allowPorts`
   */
  readonly ports?: string | undefined
  /** Open the SOCKS port before the first provider has come. @default the server's `socksNowait` */
  readonly socksNowait?: boolean | undefined
}

/** What {@link LinkSocksServer.addReverseToken} has added. */
export interface AddedReverse<R extends ReverseTokenRequest = ReverseTokenRequest> {
  /** The one asked for, or a new one. */
  readonly token: string
  /** Its SOCKS port, 0 until the system has chosen one; undefined where it has none. */
  readonly port: R extends { readonly socksPort: number } ? number : number | undefined
}

/** Request of {@link LinkSocksServer.addConnectorToken}. */
export interface ConnectorTokenRequest extends TokenOptions {
  /** 1–255 bytes. @default a new one */
  readonly token?: string | undefined
  /** The token of the providers that it is to lead to. */
  readonly reverseToken: string
  /** Without a policy of its own, it is under that of `reverseToken`, and shares what that limits. @default false */
  readonly sharesPolicy?: boolean | undefined
}

/** Returns the fault of a request for a reverse token; undefined if it has none. Never shows the password. */
export function faultOf({ socksPort, username, password, ports }: ReverseTokenRequest): string | undefined {
  if (socksPort !== undefined && !isSocksPort(socksPort)) {
    return `port ${socksPort} is out of range: it must be a whole number from 0 to 65535`
  }
  // Half of a login would open the port to anyone, or to no one.
  if (username !== undefined && password === undefined) return 'username needs a password as well'
  if (username === undefined && password !== undefined) return 'password needs a username as well'
  return lengthFault('username', username) ?? lengthFault('password', password) ?? portsFault(ports)
}

function portsFault(ports = ''): string | undefined {
  try {
    void new PortRanges(ports)
    return undefined
  } catch (error) {
    return textOf(error)
  }
}

/** RFC 1929 §2: both lengths are one byte on the wire. */
const maxLoginBytes = 255

function lengthFault(name: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined
  const bytes = Buffer.byteLength(value)
  return bytes >= 1 && bytes <= maxLoginBytes
    ? undefined
    : `${name} has ${bytes} bytes; it must have 1–${maxLoginBytes}`
}

function isSocksPort(port: number | 'none'): boolean {
  return port === 'none' || (Number.isInteger(port) && port >= 0 && port <= 65_535)
}
