import type { Address } from '@ls/codec'
import type { CheckedTarget } from '../target.js'

/** Exit for the datagrams of an association. */
export interface UdpExit {
  /** Sends a datagram immediately or as soon as possible; one that cannot be sent goes to {@link DatagramSink.drop}. */
  send(payload: Uint8Array, target: CheckedTarget): void
  /** Resolves when datagrams can leave. @throws RelayError when they never will */
  ready?(): Promise<void>
  close(): void
}

/** Callbacks of an exit to its association. */
export interface DatagramSink {
  receive(payload: Uint8Array, source: Address): void
  /** A datagram was not sent; the association continues. */
  drop(reason: unknown): void
  /** The exit has failed, and the association with it. */
  fail(error: unknown): void
}
