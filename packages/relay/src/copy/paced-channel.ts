import type { Duplex } from 'node:stream'
import type { Channel, ChannelHandler, SendOptions } from '@ls/mux'
import { toDuplex } from '@ls/mux/duplex'
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

/** Does the same as {@link toDuplex}; with a `pace`, pauses the channel to keep the rate. */
export function pacedDuplex(channel: Channel, pace: Pace | undefined): Duplex {
  return toDuplex(pace === undefined ? channel : new PacedChannel(channel, pace))
}

/** Channel whose sender and receiver wait for their turns at a rate. It buffers no payload itself. */
class PacedChannel implements PumpChannel {
  readonly #channel: Channel
  readonly #sending: RateTurn | undefined
  readonly #receiving: RateTurn | undefined
  #handler: ChannelHandler | undefined
  /** Whether the channel has no room. */
  #full = false
  #sendingWaits = false
  #receivingWaits = false
  /** Whether the consumer cannot take more. */
  #paused = false

  constructor(channel: Channel, { sending, receiving }: Pace) {
    this.#channel = channel
    if (sending !== undefined) this.#sending = sending.turn(() => this.#maySend())
    if (receiving !== undefined) this.#receiving = receiving.turn(() => this.#mayReceive())
  }

  /** Wraps the pump's handler for the channel. */
  handlerFor(handler: ChannelHandler): ChannelHandler {
    this.#handler = handler
    const onCompressedData = (gzip: Uint8Array, inflatedBytes: number): void => {
      this.#received(inflatedBytes)
      handler.onCompressedData?.(gzip, inflatedBytes)
    }
    return {
      onData: (payload) => {
        this.#received(payload.length)
        handler.onData?.(payload)
      },
      // Without this callback, the channel inflates the payload itself.
      ...(handler.onCompressedData === undefined ? {} : { onCompressedData }),
      onEnd: () => handler.onEnd?.(),
      onDrain: () => {
        this.#full = false
        if (!this.#sendingWaits) handler.onDrain?.()
      },
      onClose: (reason) => {
        this.#sending?.close()
        this.#receiving?.close()
        handler.onClose?.(reason)
      },
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
  }

  abort(error: string): void {
    this.#channel.abort(error)
  }

  pause(): void {
    this.#paused = true
    this.#channel.pause()
  }

  resume(): void {
    this.#paused = false
    if (!this.#receivingWaits) this.#channel.resume()
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

  #received(bytes: number): void {
    if (this.#receiving?.pay(bytes) !== false) return
    this.#receivingWaits = true
    this.#channel.pause()
  }

  #mayReceive(): void {
    this.#receivingWaits = false
    if (!this.#paused) this.#channel.resume()
  }
}
