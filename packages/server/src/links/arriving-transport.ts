import type { MessageTransport } from '@ls/mux'

/** A link that is not authenticated yet. */
export interface ArrivingTransport extends MessageTransport {
  /** Admits the link; false if there is no room, and the link is then being closed. */
  admit(): boolean
}

/** What the request for a link says, for links that do not arrive at the server's port. */
export interface LinkHead {
  /** Query of its URL: it may carry the client's token and its extensions. */
  readonly query: URLSearchParams
  /** Address of the client, without a port. */
  readonly remoteAddress: string
  /** Header `Origin`, which web pages send. @default none */
  readonly origin?: string | undefined
}
