import type { Duplex } from 'node:stream'
import type { Channel, ChannelCloseReason, ChannelHandler, SendOptions } from '@ls/mux'
import { toDuplex } from '@ls/mux/duplex'
import type { ConnectionSpan } from '../trace/spans.js'
import { PacedReceiver } from './paced-receiver.js'
import { usualReadBytes } from './payload-sender.js'
import type { PumpChannel } from './pump-channel.js'
import { pump, type PumpOptions } from './pump.js'
import type { RateLimit, RateTurn } from './rate-limit.js'

/** Rates of one user, shared by all its connections. */
export interface Pace {
  /** Limit of bytes from the socket into the channel. @default no limit */
  readonly sending?: RateLimit | undefined
  /** Limit of bytes from the channel to the socket. @default no limit */
  readonly receiving?: RateLimit | undefined
}

/** Does the same as {@link pump}; with a `pace`, pauses the socket and the channel to keep the rate. */
export function pacedPump(
  socket: Duplex,
  channel: Channel,
  options: PumpOptions,
  pace: Pace | undefined,
): ChannelHandler {
  if (pace === undefined) return pump(socket, channel, options)
  const paced = new PacedChannel(channel, pace)
  return paced.handlerFor(pump(socket, paced, options))
}

/** Does the same as {@link toDuplex}; with a `pace`, pauses the channel to keep the rate. The channel ends the span. */
export function pacedDuplex(channel: Channel, pace: Pace | undefined, span?: ConnectionSpan): Duplex {
  const paced = pace === undefined ? channel : new PacedChannel(channel, pace)
  return toDuplex(paced, (handler) => span?.watch(handler, channel) ?? handler)
}

/** Channel whose sender and receiver wait for their turns at a rate. It holds at most the rest of one message. */
class PacedChannel implements PumpChannel {
  readonly #channel: Channel
  readonly #sending: RateTurn | undefined
  readonly #receivingLimit: RateLimit | undefined
  #receiver: PacedReceiver | undefined
  #handler: ChannelHandler | undefined
  /** Whether the channel has no room. */
  #full = false
  #sendingWaits = false

  constructor(channel: Channel, { sending, receiving }: Pace) {
    this.#channel = channel
    if (sending !== undefined) this.#sending = sending.turn(() => this.#maySend())
    this.#receivingLimit = receiving
  }

  /** Wraps the pump's handler for the channel. */
  handlerFor(handler: ChannelHandler): ChannelHandler {
    this.#handler = handler
    const limit = this.#receivingLimit
    if (limit === undefined) return { ...this.#wrap(handler), ...dataHandlers(handler) }
    // Wrapped anew when a handler replaces another, before any payload.
    const receiver = new PacedReceiver(this.#channel, handler, limit)
    this.#receiver = receiver
    return {
      ...this.#wrap(receiver),
      onData: (payload) => receiver.onData(payload),
      onCompressedData: (gzip, inflatedBytes) => receiver.onCompressedData(gzip, inflatedBytes),
    }
  }

  setHandler(handler: ChannelHandler): void {
    this.#channel.setHandler(this.handlerFor(handler))
  }

  get protocol(): Channel['protocol'] {
    return this.#channel.protocol
  }

  get state(): Channel['state'] {
    return this.#channel.state
  }

  get readBytes(): Channel['readBytes'] {
    // All connections of the user wait until a message is paid for.
    const { readBytes } = this.#channel
    return this.#sending === undefined ? readBytes : Math.min(readBytes, usualReadBytes)
  }

  get maxCompressedBytes(): number {
    return this.#channel.maxCompressedBytes
  }

  send(payload: Uint8Array, options?: SendOptions): boolean | undefined {
    return this.#sent(options?.inflatedBytes ?? payload.length, this.#channel.send(payload, options))
  }

  end(): void {
    this.#channel.end()
  }

  disconnect(error?: string): void {
    this.#channel.disconnect(error)
    this.#receiver?.leave()
  }

  abort(error: string): void {
    this.#channel.abort(error)
    this.#receiver?.leave()
  }

  pause(): void {
    ;(this.#receiver ?? this.#channel).pause()
  }

  resume(): void {
    ;(this.#receiver ?? this.#channel).resume()
  }

  consumed(bytes: number): void {
    this.#channel.consumed(bytes)
  }

  countLingering(bytes: number): () => void {
    return this.#channel.countLingering(bytes)
  }

  #sent(bytes: number, room: boolean | undefined): boolean | undefined {
    if (room === undefined) return undefined
    if (!room) this.#full = true
    if (this.#sending?.pay(bytes) === false) this.#sendingWaits = true
    return room && !this.#sendingWaits
  }

  #maySend(): void {
    this.#sendingWaits = false
    if (!this.#full) this.#handler?.onDrain?.()
  }

  /** Wraps the callbacks that carry no payload; `closed` receives the close reason. */
  #wrap(closed: { onClose?(reason: ChannelCloseReason): void }): ChannelHandler {
    return {
      onEnd: () => this.#handler?.onEnd?.(),
      onDrain: () => {
        this.#full = false
        if (!this.#sendingWaits) this.#handler?.onDrain?.()
      },
      onClose: (reason) => {
        this.#sending?.close()
        closed.onClose?.(reason)
      },
    }
  }
}

/** The callbacks for payload. Without `onCompressedData`, the channel inflates the payload itself. */
function dataHandlers(handler: ChannelHandler): ChannelHandler {
  const onCompressedData = handler.onCompressedData?.bind(handler)
  return {
    onData: (payload) => handler.onData?.(payload),
    ...(onCompressedData === undefined ? {} : { onCompressedData }),
  }
}
