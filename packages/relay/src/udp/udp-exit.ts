import type { Address } from '@ls/codec'
import type { CheckedTarget } from '../target.js'

/** A way out for the datagrams of an association. */
export interface UdpExit {
  /** Sends a datagram at once or as soon as possible; one that cannot be sent goes to {@link DatagramSink.drop}. */
  send(payload: Uint8Array, target: CheckedTarget): void
  /** Settles once datagrams can leave. @throws RelayError when they never will */
  ready?(): Promise<void>
  close(): void
}

/** Callbacks of an exit to its association. */
export interface DatagramSink {
  receive(payload: Uint8Array, source: Address): void
  /** A datagram was not sent; the association goes on. */
  drop(reason: unknown): void
  /** The exit has failed, and the association with it. */
  fail(error: unknown): void
}
