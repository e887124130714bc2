import type { Destination } from './destination.js'

/** What the proxy told on success. */
export interface Established {
  /**
   * For `udp-associate` where datagrams go; an unspecified address then means the proxy's own. Undefined where the proxy
   * wrote none that is valid.
   */
  readonly bound: Destination | undefined
}
