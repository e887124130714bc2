import type { MessageTransport } from '@ls/mux'

/** Protocol below a direct path: `tcp` with TLS, or `udp` with a WebRTC data channel or QUIC. */
export type PathProtocol = 'tcp' | 'udp'

/** Connection between two machines without a server in between. */
export interface DirectConnection {
  /** What carries it. */
  readonly protocol: PathProtocol
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
  /**
   * Continues with another offer, which knows more addresses, where this one opened no connection; call it before
   * {@link close}. Undefined where there is no other offer.
   */
  readonly next?: (() => Promise<OutgoingPath>) | undefined
  /** Cancels the attempt, and frees the port. */
  close(): void
}

/** One attempt of a provider. */
export interface IncomingPath {
  /** Description of how this end can be reached. */
  readonly answer: string
  /** Resolves when a connection is open; rejects if none opens in time, also where the caller does not wait for it. */
  readonly opened: Promise<void>
  /** Cancels the attempt, and frees the port. */
  close(): void
}

/** Opens connections through NATs. */
export interface Puncher {
  /** Begins an attempt at the connector. */
  offer(): Promise<OutgoingPath>
  /** Begins an attempt at the provider. Several connections may open; the connector uses one, and ends the others. */
  answer(offer: string, onOpened: (connection: DirectConnection) => void): Promise<IncomingPath>
}
