import type { Address } from '@ls/codec'
import type { Target } from '../target.js'

/** One way for the datagrams of an association to leave. */
export interface UdpExit {
  /** Sends a datagram, now or once it can; one that cannot be sent goes to {@link DatagramSink.drop}. */
  send(payload: Uint8Array, target: Target): void
  /** Settles once datagrams can leave. @throws RelayError when they never will */
  ready?(): Promise<void>
  close(): void
}

/** What an exit tells its association. */
export interface DatagramSink {
  receive(payload: Uint8Array, source: Address): void
  /** A datagram was not sent; the association goes on. */
  drop(reason: unknown): void
  /** The exit is of no more use, and with it the association. */
  fail(error: unknown): void
}
