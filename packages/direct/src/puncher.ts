import type { MessageTransport } from '@ls/mux'

/** A connection between two machines without a server in between. */
export interface DirectConnection {
  /** Its messages, in order and each once. */
  readonly transport: MessageTransport
  /** Names both ends' certificates, the same text at both ends; it goes into their proofs. */
  readonly binding: string
}

/** One attempt of a connector. */
export interface OutgoingPath {
  /** How we can be reached. */
  readonly offer: string
  /** Resolves once the connection is open. @throws DirectError if it does not open in time */
  accept(answer: string): Promise<DirectConnection>
  /** Gives up, and frees the port. */
  close(): void
}

/** One attempt of a provider. */
export interface IncomingPath {
  /** How we can be reached. */
  readonly answer: string
  /** Resolves once the connection is open; rejects if it does not open in time. */
  readonly opened: Promise<DirectConnection>
  /** Gives up, and frees the port. */
  close(): void
}

/** Makes connections through NATs. */
export interface Puncher {
  /** The connector's part. */
  offer(): Promise<OutgoingPath>
  /** The provider's part. */
  answer(offer: string): Promise<IncomingPath>
}
