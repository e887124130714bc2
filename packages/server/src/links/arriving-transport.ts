import type { MessageTransport } from '@ls/mux'

/** A link that is not authenticated yet. */
export interface ArrivingTransport extends MessageTransport {
  /** Admits the link; false if there is no room, and it is being closed. */
  admit(): boolean
}
