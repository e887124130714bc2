import type { Address } from '@ls/codec'
import type { ChannelCloseReason } from './channel-close.js'

/**
 * Callbacks of a channel. All calls are synchronous. None may throw; one that does aborts the channel. They may call
 * any method of the channel. While the channel is paused, `onData`, `onDatagram` and `onEnd` wait.
 */
export interface ChannelHandler {
  /** The peer accepted the channel. Not called on the accepting side. */
  onOpen?(): void
  /**
   * Receives TCP payload. The bytes belong to the receiver, which reports them with {@link Channel.consumed} when it is
   * done; with `autoConsume` the session does so after the return.
   */
  onData?(payload: Uint8Array): void
  /**
   * Receives TCP payload compressed with gzip. `inflatedBytes` is its uncompressed size according to the peer, and the
   * number to report with {@link Channel.consumed}. Without this callback the session's compressor inflates for
   * `onData`.
   */
  onCompressedData?(gzip: Uint8Array, inflatedBytes: number): void
  /** Receives a datagram; `address` is its target or its source, depending on the direction. */
  onDatagram?(payload: Uint8Array, address: Address | undefined): void
  /** The peer sends no more data; our direction stays open. Only where `fin` is in force. */
  onEnd?(): void
  /** There is room again after `send` returned false. */
  onDrain?(): void
  /** The channel is closed. Called exactly once, after everything received was delivered. */
  onClose?(reason: ChannelCloseReason): void
}
