import type { Keepalive } from './keepalive.js'

/**
 * A pipe of whole messages to one peer: the contract between mux and the transport.
 *
 * Rules, checked by `describeMessageTransport` in the testkit:
 * 1. Messages arrive whole, in order, each exactly once, until `onClose`; nothing arrives after it.
 * 2. `send` takes ownership: the caller must not change the bytes afterwards. It never throws; after a close it does
 *    nothing and returns false. A transport may write to the `headroomBytes` directly before the message, but never to
 *    the message itself, since it may have to be sent again. A transport that keeps the message longer than `send`
 *    holds its memory (`FramePool.hold`), since the peer may acknowledge it before it was written.
 * 3. `send` returns false once more than the high-water mark is waiting; the message is still accepted. `onDrain`
 *    follows when the transport accepts more. Callers that ignore this break back-pressure, not the stream.
 * 4. After `pause`, `onMessage` is not called again before `resume` (messages wait; a bounded number may wait in
 *    memory, the rest at the peer). `onClose` may still be called, after received messages were delivered or dropped.
 * 5. `onMessage`, `onDrain` and `onClose` are never called from inside `send`, `pause`, `resume` or `close`.
 * 6. `onClose` is called exactly once, whatever ended the transport, our own `close` included.
 */
export interface MessageTransport {
  /** Bytes accepted by `send` that are not yet given to the operating system. */
  readonly bufferedBytes: number
  /** Last measured round trip in milliseconds; undefined before the first measurement. */
  readonly roundTripMs: number | undefined
  /** Detects a dead peer, if the transport can; it checks more often if the session can be resumed. */
  readonly keepalive?:
    | (Pick<Keepalive, 'hasten'> & Partial<Pick<Keepalive, 'overdue' | 'silentMs' | 'probe'>>)
    | undefined
  /**
   * Sends a message. `headroomBytes`: memory directly before the message, in the same buffer, that is free for a
   * header.
   */
  send(message: Uint8Array, headroomBytes?: number): boolean
  /** Stops `onMessage`: rule 4. */
  pause(): void
  /** Continues `onMessage`, first with waiting messages: rules 4 and 5. */
  resume(): void
  /** Ends the transport gracefully: queued messages are sent, then the peer receives `reason`. */
  close(reason?: TransportCloseReason): void
  /** Cuts the transport immediately; the queue is lost. */
  destroy(): void
  /** Sets the only receiver. Messages that arrive before it is set wait. */
  setHandler(handler: TransportHandler): void
}

/** Callbacks of a transport; one object, set once per owner. */
export interface TransportHandler {
  /**
   * Receives a message. It belongs to the receiver and stays unchanged; it may be a view into a larger buffer. A buffer
   * from the `processFramePool` belongs to the receiver too, which may give it back; no sender may keep it for later.
   */
  onMessage(message: Uint8Array): void
  /** `send` may be called again after it returned false: rule 3. */
  onDrain(): void
  /** The transport is closed, and no callback follows: rules 1 and 6. */
  onClose(reason: TransportCloseReason): void
}

/** Reason why a transport ended, as text for a log line. */
export interface TransportCloseReason {
  /** WebSocket close code (RFC 6455 §7.4), where there was one. */
  readonly code: number
  /** Text of the peer or of this side; may be empty. A WebSocket carries 123 bytes of it (RFC 6455 §5.5). */
  readonly reason: string
  /** The error behind an abnormal end. */
  readonly cause?: Error
}

/** WebSocket close codes (RFC 6455 §7.4) that end a session permanently; any other end of a link may be resumed. */
export const SessionCloseCode = {
  /** The peer broke the protocol. */
  ProtocolError: 1002,
  /** The session ended intentionally: shut down, token removed, replaced. From the range for private use. */
  SessionEnded: 4000,
} as const

/** Whether a link closed with this code must not be resumed. */
export function isFinal(code: number): boolean {
  return code === SessionCloseCode.SessionEnded || code === SessionCloseCode.ProtocolError
}
