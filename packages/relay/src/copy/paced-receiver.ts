import { Inflation } from '@ls/codec/node'
import { type Clock, ProgressWatch, systemClock } from '@ls/foundation'
import type { ChannelCloseReason, ChannelHandler } from '@ls/mux'
import type { PumpChannel } from './pump-channel.js'
import type { RateLimit, RateTurn } from './rate-limit.js'

/**
 * Passes received payload on to a consumer at a rate, in slices. Programs in Go send up to two megabytes in one
 * message, compressed or not. Passed on whole, messages of one came 0.8 s apart, and made a rate of 10 Mbit/s 8 %
 * faster over 10 s.
 */
export class PacedReceiver {
  readonly #channel: PumpChannel
  readonly #handler: ChannelHandler
  readonly #turn: RateTurn
  /** Whether the next slice waits for its turn. */
  #waits = false
  /** Whether the consumer cannot take more. */
  #paused = false
  /** Rest of a long message; the channel is paused in the meantime, as during an inflation. */
  #rest: Uint8Array | undefined
  #inflation: Inflation | undefined
  /** Close reason of the channel, which the consumer gets after the last byte. */
  #closed: ChannelCloseReason | undefined
  #isOver = false
  /** Whether the consumer is gone: payload is then passed on without waiting. */
  #isUnattended = false
  #passedBytes = 0
  #lingering: ProgressWatch | undefined
  readonly #clock: Clock

  constructor(channel: PumpChannel, handler: ChannelHandler, limit: RateLimit, clock = systemClock) {
    this.#clock = clock
    this.#channel = channel
    this.#handler = handler
    this.#turn = limit.turn(() => {
      this.#waits = false
      this.#continue()
    })
  }

  pause(): void {
    this.#paused = true
    this.#channel.pause()
  }

  resume(): void {
    this.#paused = false
    this.#continue()
  }

  onData(payload: Uint8Array): void {
    if (payload.length <= sliceBytes) return this.#pass(payload)
    this.#channel.pause()
    this.#rest = payload
    this.#continue()
  }

  onCompressedData(gzip: Uint8Array, inflatedBytes: number): void {
    this.#channel.pause()
    try {
      this.#inflation = new Inflation(gzip, inflatedBytes, {
        onPiece: (piece) => {
          this.#pass(piece)
          return this.#mayPass
        },
        onDone: () => this.#inflated(undefined),
        onError: (error) => this.#inflated(error),
      })
    } catch (error) {
      this.#inflated(error as Error)
    }
  }

  /** Passes on the held payload as fast as the consumer takes it, and then the close. */
  onClose(reason: ChannelCloseReason): void {
    this.#closed = reason
    this.#lingering = new ProgressWatch({
      clock: this.#clock,
      quietMs: lingerMs,
      progress: () => this.#passedBytes,
      onStuck: () => this.#giveUp(),
    })
    this.#continue()
  }

  /**
   * Called when the consumer is gone: the held payload goes to its handler without waiting, since that reports the
   * bytes as consumed.
   */
  leave(): void {
    this.#isUnattended = true
    this.#continue()
  }

  /** Whether the consumer gets the next slice now. */
  get #mayPass(): boolean {
    if (this.#isUnattended) return true
    return !this.#paused && (!this.#waits || this.#closed !== undefined)
  }

  #pass(slice: Uint8Array): void {
    if (!this.#turn.pay(slice.length)) {
      this.#waits = true
      this.#channel.pause()
    }
    this.#passedBytes += slice.length
    this.#handler.onData?.(slice)
  }

  /** Passes on the held payload, then the following messages, or the close. */
  #continue(): void {
    while (this.#rest !== undefined && this.#mayPass) {
      const slice = this.#rest.subarray(0, sliceBytes)
      this.#rest = slice.length < this.#rest.length ? this.#rest.subarray(sliceBytes) : undefined
      this.#pass(slice)
    }
    if (!this.#mayPass || this.#rest !== undefined || this.#isOver) return
    if (this.#inflation !== undefined) this.#inflation.onDrain()
    else if (this.#closed === undefined) this.#channel.resume()
    else this.#end(this.#closed)
  }

  /** Handles the end of an inflation. A stream with a gap must end and not look complete. */
  #inflated(error: Error | undefined): void {
    this.#inflation = undefined
    if (error === undefined) return this.#continue()
    const reason = { kind: 'local', error: `failed: ${error.message}` } as const
    if (this.#closed === undefined) this.#channel.abort(reason.error)
    else this.#end(reason)
  }

  /** Ends a connection whose consumer takes nothing any more. */
  #giveUp(): void {
    this.#inflation?.stop()
    this.#inflation = this.#rest = undefined
    this.#end({ kind: 'local', error: `timeout: the last bytes made no progress for ${lingerMs} ms` })
  }

  #end(reason: ChannelCloseReason): void {
    this.#isOver = true
    this.#lingering?.stop()
    this.#turn.close()
    this.#handler.onClose?.(reason)
  }
}

/** The time after which a copy loop gives up its last bytes, in milliseconds. */
const lingerMs = 30_000

/** Longest slice, in bytes: 50 ms of 10 Mbit/s, and the piece of an inflation. */
const sliceBytes = 65_536
