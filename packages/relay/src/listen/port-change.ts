import type { ListenAddress } from './listen-address.js'

/** A change of ports whose new ones are open already. Exactly one of its functions is to be called, once. */
export interface PortChange {
  /** Ports that were opened for it. */
  readonly opened: readonly ListenAddress[]
  /** Closes what is no longer wanted; its connections stay. */
  commit(): void
  /** Closes what was opened. */
  undo(): void
}
