import { adaptiveDelay, Batcher } from '@ls/batching'
import { gzipAsync } from '@ls/codec/node'
import { systemClock } from '@ls/foundation'
import type { SendOptions } from '@ls/mux'
import type { PayloadOptions } from './payload-options.js'
import type { PumpChannel } from './pump-channel.js'

/** Sends payload from a socket to a channel, batched and compressed as configured, in order. */
export class PayloadSender {
  readonly #channel: PumpChannel
  readonly #onDrain: () => void
  readonly #thresholdBytes: number
  readonly #batcher: Batcher | undefined
  /** Chunks that wait for the compression of an earlier one. The socket is paused in the meantime, so they are few. */
  #waiting: Uint8Array[] = []
  #compressing = false
  #full = false
  #last: (() => void) | undefined

  constructor(channel: PumpChannel, options: PayloadOptions, onDrain: () => void) {
    this.#channel = channel
    this.#onDrain = onDrain
    this.#thresholdBytes = options.compressionThresholdBytes ?? defaultCompressionThresholdBytes
    if (options.batching !== 'adaptive') return
    this.#batcher = new Batcher({
      clock: systemClock,
      policy: adaptiveDelay(options.batchingTimeLimits ?? {}),
      flush: (chunk) => this.#transmit(chunk),
    })
  }

  /** Sends `chunk`, with the `options` of a channel; returns false if the caller should wait for room. */
  send(chunk: Uint8Array, options?: SendOptions): boolean {
    if (options !== undefined && !this.#mayKeep(chunk)) this.#give(this.#channel.send(chunk, options))
    else this.#push(options?.memory === 'borrowed' ? new Uint8Array(chunk) : chunk)
    return !this.#full && !this.#compressing
  }

  /** Sends the queue and then the end: the application sends no more. */
  end(): void {
    this.#finish(() => this.#channel.end())
  }

  /** Sends the queue and then the disconnect: the application is gone. */
  disconnect(error: string): void {
    this.#finish(() => this.#channel.disconnect(error))
  }

  /** Continues after the channel has room again. */
  onDrain(): void {
    this.#full = false
    if (!this.#compressing) this.#onDrain()
  }

  /** Drops the queue: the channel is gone. */
  close(): void {
    this.#batcher?.close()
    this.#waiting = []
    this.#last = undefined
  }

  #push(chunk: Uint8Array): void {
    if (this.#batcher === undefined) this.#transmit(chunk)
    else this.#batcher.push(chunk)
  }

  #finish(last: () => void): void {
    this.#batcher?.flush()
    if (this.#compressing) this.#last = last
    else last()
  }

  #transmit(chunk: Uint8Array): void {
    if (this.#compressing) this.#waiting.push(chunk)
    else if (this.#isCompressed(chunk)) this.#compress(chunk)
    else this.#give(this.#channel.send(chunk))
  }

  /**
   * Whether `chunk`, which is one read, may still be queued here when {@link send} returns. The length of a read longer
   * than usual shows only how much the socket had ready, so it is compressed only where usual reads are.
   */
  #mayKeep(chunk: Uint8Array): boolean {
    if (this.#batcher !== undefined || this.#compressing) return true
    return this.#thresholdBytes <= usualReadBytes && this.#isCompressed(chunk)
  }

  #isCompressed(chunk: Uint8Array): boolean {
    return this.#thresholdBytes > 0 && chunk.length >= this.#thresholdBytes
  }

  #compress(chunk: Uint8Array): void {
    if (chunk.length > this.#channel.maxCompressedBytes) return this.#give(this.#channel.send(chunk))
    this.#compressing = true
    void gzipIfSmaller(chunk)
      .catch(() => undefined)
      .then((gzip) => this.#compressed(chunk, gzip))
  }

  #compressed(chunk: Uint8Array, gzip: Uint8Array | undefined): void {
    this.#compressing = false
    this.#give(
      gzip === undefined ? this.#channel.send(chunk) : this.#channel.send(gzip, { inflatedBytes: chunk.length }),
    )
    const waiting = this.#waiting
    this.#waiting = []
    for (const next of waiting) this.#transmit(next)
    if (this.#compressing) return
    const last = this.#last
    this.#last = undefined
    if (last !== undefined) last()
    else if (!this.#full) this.#onDrain()
  }

  /**
   * Passes on the room of the channel. Where the channel accepts no more (undefined), payload is dropped and the socket
   * is still read: its application may read the peer's last bytes only after it has written its own.
   */
  #give(room: boolean | undefined): void {
    if (room === false) this.#full = true
  }
}

/** Length of a read that fills its buffer, in bytes. */
export const usualReadBytes = 65_536

/** protocol.md §1: "compression from 512 KiB". */
const defaultCompressionThresholdBytes = 524_288

/** Compresses outside the event loop's thread; undefined when the result is not smaller. */
export async function gzipIfSmaller(payload: Uint8Array): Promise<Uint8Array | undefined> {
  const compressed = await gzipAsync(payload)
  return compressed.length < payload.length ? compressed : undefined
}
