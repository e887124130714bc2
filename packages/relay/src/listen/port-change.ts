import type { ListenAddress } from './listen-address.js'

/** A change of ports whose new ports are open already. Call exactly one of its functions, once. */
export interface PortChange {
  /** Addresses that were opened for it. */
  readonly opened: readonly ListenAddress[]
  /** Closes the ports that are no longer wanted; their connections stay. */
  commit(): void
  /** Closes the ports that were opened. */
  undo(): void
}
