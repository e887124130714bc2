import type { Destination } from './destination.js'

/** Result of a successful handshake. */
export interface Established {
  /**
   * For `udp-associate` the address for datagrams; an unspecified address means the proxy's own. Undefined if the proxy
   * sent no valid one.
   */
  readonly bound: Destination | undefined
}
