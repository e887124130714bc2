import type { Address } from '@ls/codec'
import type { ChannelCloseReason } from './channel-close.js'

/**
 * What a channel calls. All calls are synchronous; none may throw (one that does aborts the channel). Any method of the
 * channel may be called from inside. While the channel is paused, `onData`, `onDatagram` and `onEnd` wait.
 */
export interface ChannelHandler {
  /** The peer accepted the channel. Not called on the accepting side. */
  onOpen?(): void
  /** TCP payload. It belongs to the receiver, who reports it with {@link Channel.consumed} once it is dealt with. */
  onData?(payload: Uint8Array): void
  /**
   * TCP payload still compressed with gzip; `inflatedBytes` is what the peer says it inflates to, and what has to be
   * reported with {@link Channel.consumed}. Where absent, the session's compressor inflates for `onData`.
   */
  onCompressedData?(gzip: Uint8Array, inflatedBytes: number): void
  /** A datagram; `address` is its target or its source, by direction. */
  onDatagram?(payload: Uint8Array, address: Address | undefined): void
  /** The peer sends no more; our direction stays open. Only where `fin` is in force. */
  onEnd?(): void
  /** `send` may be called again after it returned false. */
  onDrain?(): void
  /** The channel is gone. Called exactly once, after everything received was delivered. */
  onClose(reason: ChannelCloseReason): void
}
