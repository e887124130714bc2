import type { Address, ChannelKey, Protocol } from '@ls/codec'
import type { ResolvedSessionOptions } from '../options.js'
import type { ChannelHandler } from './channel-handler.js'

/**
 * `opening`: Connect sent or received, not answered · `open` · `draining`: the peer has ended it, but our consumer
 * still has data to take.
 */
export type ChannelState = 'opening' | 'open' | 'draining' | 'closed'

/**
 * One proxied connection. {@link Session.open} creates one; on the other side `onConnect` receives it.
 *
 * An accepted channel starts paused and without a handler. Messages that arrive before {@link resume} wait, within the
 * session's limits.
 */
export interface Channel {
  /** 16 bytes, the same at both ends (protocol.md §1.1). */
  readonly id: Uint8Array
  /** The id as the key of a Map. */
  readonly key: ChannelKey
  /** Kind of data: `tcp` a stream of bytes, `udp` datagrams. */
  readonly protocol: Protocol
  /** The target as its opener requested it; undefined for UDP, where each datagram has its own. */
  readonly address: Address | undefined
  /** Whether our side opened it. */
  readonly initiator: boolean
  /** W3C traceparent from the opener; undefined without one, and where the link has no `trace`. */
  readonly traceparent: string | undefined
  /** Time when the channel was created, in milliseconds of the session's clock. */
  readonly openedAtMs: number
  /** Number of datagrams dropped because a queue was full or they were too large; owners add their own drops. */
  droppedDatagrams: number
  /** State of the channel. */
  readonly state: ChannelState
  /** Whether Connect was answered, with success or failure. */
  readonly answered: boolean
  /** The handler last given to {@link setHandler}; undefined before. */
  readonly handler: ChannelHandler | undefined
  /** Queue for the session's new channels while memory is short. */
  readonly admission: ResolvedSessionOptions['admission']
  /** Payload bytes accepted for sending. */
  readonly sentBytes: number
  /** Payload bytes received, uncompressed. */
  readonly receivedBytes: number
  /** Bytes received that the consumer has not taken yet. */
  readonly queuedBytes: number
  /** Bytes accepted for sending that are still queued here, for credit from the peer or for their turn on the link. */
  readonly unsentBytes: number
  /** Number of grants that arrived after all credit was used, while something waited for it. */
  readonly windowStalls: number
  /** Datagrams accepted for sending. */
  readonly sentDatagrams: number
  /** Datagrams delivered. */
  readonly receivedDatagrams: number
  /** Largest payload that may be sent compressed. */
  readonly maxCompressedBytes: number
  /**
   * Payload bytes that the owner should read from its source in one call: those of one message, or fewer while memory
   * is short.
   */
  readonly readBytes: number
  /** Sets the handler. A paused channel stays paused until {@link resume}. */
  setHandler(handler: ChannelHandler): void
  /**
   * Answers Connect: the target was reached. Does nothing on a channel that is answered or gone. With a `handler` it
   * also starts delivery, as {@link setHandler} and {@link resume} do.
   */
  accept(handler?: ChannelHandler): void
  /** Answers Connect: the target was not reached; `error` begins with a word of protocol.md §4. */
  reject(error: string): void
  /**
   * Sends TCP payload, which must not change afterwards unless it is `borrowed`. Returns true when there is room for
   * more. Returns false when the queue is full: the bytes are accepted, and `onDrain` follows, also where the peer then
   * ends the channel. Returns undefined where our direction has ended: nothing was sent, and no `onDrain` follows.
   *
   * @throws RangeError when gzip data inflates to more than {@link maxCompressedBytes}.
   */
  send(payload: Uint8Array, options?: SendOptions): boolean | undefined
  /** Sends a datagram; false if it was dropped because the queue is full or the channel is closed. */
  sendDatagram(payload: Uint8Array, addresses: { target?: Address; source?: Address }): boolean
  /**
   * Ends our direction. With `fin` the other direction stays open. A base peer has no half-close, so it gets Disconnect
   * after the last byte (protocol.md §1); bytes that it sends until then are still delivered.
   */
  end(): void
  /**
   * Ends both directions once the queue is sent; bytes that still arrive are dropped. `error` gives the peer the
   * reason, if any. After `lingerMs` without progress the channel is cut.
   */
  disconnect(error?: string): void
  /** Ends both directions immediately and drops the queue. */
  abort(error: string): void
  /** Stops `onData`, `onDatagram` and `onEnd`. Messages that arrive wait, and the window holds the peer back. */
  pause(): void
  /**
   * Delivers waiting messages, and then all that arrive until {@link pause}. A handler that throws meanwhile aborts the
   * channel; the caller gets no exception.
   */
  resume(): void
  /**
   * Reports that the consumer has processed `bytes` of payload, so that the peer may send as many more. Does nothing
   * with `autoConsume`, which counts by itself.
   *
   * @throws RangeError for more bytes than were received.
   */
  consumed(bytes: number): void
  /**
   * Counts `bytes` of this channel's data that a socket still holds after the channel is closed. The caller calls the
   * returned function once they have left.
   */
  countLingering(bytes: number): () => void
}

/** Options of {@link Channel.send}. */
export interface SendOptions {
  /**
   * Owner of the payload's memory.
   *
   * - `given`: the channel; the bytes must not change any more
   * - `borrowed`: the caller, who reuses it after the return; bytes that cannot leave immediately are copied
   * - `pooled`: the channel, and the payload is at the start of the memory that {@link FramePool.takePayload}
   *   returned; it is sent from there without a copy
   *
   * @default 'given'
   */
  readonly memory?: 'given' | 'borrowed' | 'pooled' | undefined
  /**
   * Marks the payload as gzip data, which inflates to this many bytes, and as `given`. At most `maxCompressedBytes`,
   * since it is not split.
   *
   * @default not compressed
   */
  readonly inflatedBytes?: number | undefined
}
