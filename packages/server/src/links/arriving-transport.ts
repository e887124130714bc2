import type { MessageTransport } from '@ls/mux'

/** A link that is not authenticated yet. */
export interface ArrivingTransport extends MessageTransport {
  /** Admits the link; false if there is no room, and the link is then being closed. */
  admit(): boolean
}
