import { textOf } from '@ls/foundation'
import type { Account } from '@ls/relay'
import { PortRanges } from '../expose/port-ranges.js'
import type { PolicyOptions } from '../policy/policy-options.js'
import type { Policy } from '../policy/policy.js'

/** Further options of every kind of token. */
export interface TokenOptions {
  /** Policy of the token. @default the server's `policy` */
  readonly policy?: Policy | PolicyOptions | undefined
}

/** Request of {@link LinkSocksServer.addReverseToken}. */
export interface ReverseTokenRequest extends TokenOptions {
  /** Text of the token, 1–255 bytes. @default a new one */
  readonly token?: string | undefined
  /** Address of its SOCKS port. @default the server's `socksHost` */
  readonly socksHost?: string | undefined
  /**
   * SOCKS port; 0 for any that is free when it opens. @default a free one of the server's `portPool`, or `none` with
   * `allowManageConnector`
   */
  readonly socksPort?: number | 'none' | undefined
  /** SOCKS addresses in place of `socksHost` and `socksPort`: `host:port` or `unix:/path`. @default none */
  readonly socksListen?: readonly string[] | undefined
  /**
   * User name that SOCKS clients must send, 1–255 bytes (RFC 1929 §2), with `password`. @default none: no
   * authentication
   */
  readonly username?: string | undefined
  /** Password for `username`. @default none */
  readonly password?: string | undefined
  /** More accounts for the port. @default none */
  readonly accounts?: readonly Account[] | undefined
  /** Autonomy: whether providers may add and remove connector tokens of their own. @default false */
  readonly allowManageConnector?: boolean | undefined
  /** Ports that its providers may open, `2222,4000-4100`; empty for none. @default the server's `allowPorts` */
  readonly ports?: string | undefined
  /** Whether the SOCKS port opens before the first provider has connected. @default the server's `socksNowait` */
  readonly socksNowait?: boolean | undefined
}

/** Result of {@link LinkSocksServer.addReverseToken}. */
export interface AddedReverse<R extends ReverseTokenRequest = ReverseTokenRequest> {
  /** The requested token, or a new one. */
  readonly token: string
  /** Its SOCKS port, 0 until the system has chosen one; undefined where it has none. */
  readonly port: R extends { readonly socksPort: number } ? number : number | undefined
}

/** Request of {@link LinkSocksServer.addConnectorToken}. */
export interface ConnectorTokenRequest extends TokenOptions {
  /** Text of the token, 1–255 bytes. @default a new one */
  readonly token?: string | undefined
  /** Token of the providers that it leads to. */
  readonly reverseToken: string
  /** Whether it is under the policy of `reverseToken`, with shared limits, unless it has its own. @default false */
  readonly sharesPolicy?: boolean | undefined
}

/** Returns the fault of a request for a reverse token; undefined if it has none. Never shows the password. */
export function faultOf({ socksPort, username, password, ports }: ReverseTokenRequest): string | undefined {
  if (socksPort !== undefined && !isSocksPort(socksPort)) {
    return `port ${socksPort} is out of range: it must be a whole number from 0 to 65535`
  }
  // Half of a login would open the port to all users, or to none.
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
