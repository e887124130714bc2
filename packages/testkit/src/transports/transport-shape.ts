/**
 * The contract of `MessageTransport` in `@ls/mux`, repeated structurally: the testkit depends on no other package of
 * this project, since all of them depend on it. The compiler compares the two wherever a test passes one for the other.
 */
export interface TransportShape {
  readonly bufferedBytes: number
  readonly roundTripMs: number | undefined
  send(message: Uint8Array): boolean
  pause(): void
  resume(): void
  close(reason?: CloseReasonShape): void
  destroy(): void
  setHandler(handler: HandlerShape): void
}

export interface HandlerShape {
  onMessage(message: Uint8Array): void
  onDrain(): void
  onClose(reason: CloseReasonShape): void
}

export interface CloseReasonShape {
  readonly code: number
  readonly reason: string
  readonly cause?: Error
}
