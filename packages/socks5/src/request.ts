import type { Destination } from './destination.js'

/** A client's request. */
export interface SocksRequest {
  /** 4 for SOCKS4a too. */
  readonly version: 4 | 5
  /** `udp-associate` comes from SOCKS5 only, and only where `udp` is on. Tor's look-ups count as `connect`. */
  readonly command: 'connect' | 'udp-associate'
  /**
   * For `connect` the target. For `udp-associate` the address the client says it will send from: `0.0.0.0:0` when it
   * does not know, and wrong behind NAT.
   */
  readonly destination: Destination
  /** The authenticated user; undefined if none is required. */
  readonly user: string | undefined
  /** SOCKS4's user id: an unverified claim, so it must not give access. */
  readonly userId: string | undefined
}
