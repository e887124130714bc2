import type { MessageTransport } from '@ls/mux'

/** Connection between two machines without a server in between. */
export interface DirectConnection {
  /** Transport for its messages, in order and each once. */
  readonly transport: MessageTransport
  /** Text that identifies both ends' certificates, the same at both ends; part of their proofs. */
  readonly binding: string
}

/** One attempt of a connector. */
export interface OutgoingPath {
  /** Description of how this end can be reached. */
  readonly offer: string
  /** Resolves when the connection is open. @throws DirectError if it does not open in time */
  accept(answer: string): Promise<DirectConnection>
  /** Cancels the attempt, and frees the port. */
  close(): void
}

/** One attempt of a provider. */
export interface IncomingPath {
  /** Description of how this end can be reached. */
  readonly answer: string
  /** Resolves when the connection is open; rejects if it does not open in time. */
  readonly opened: Promise<DirectConnection>
  /** Cancels the attempt, and frees the port. */
  close(): void
}

/** Opens connections through NATs. */
export interface Puncher {
  /** Begins an attempt at the connector. */
  offer(): Promise<OutgoingPath>
  /** Begins an attempt at the provider. */
  answer(offer: string): Promise<IncomingPath>
}
