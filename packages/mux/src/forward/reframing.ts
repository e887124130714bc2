import { type Compressor, type Inflating, type InflationOwner, isCompressed, readTcpDataPayload } from '@ls/codec'
import { detached, inflationBytes, messageOverheadBytes } from '../channel/held-message.js'
import { Fifo } from '../flow/fifo.js'
import type { Flow } from '../flow/flow.js'
import { checkInflatedBytes, inflate } from '../session/compressed-data.js'

export interface ReframingOptions {
  readonly flow: Flow
  readonly compressor: Compressor | undefined
  /** Called when the flow has new payload. */
  onFilled(): void
  /** Called when compressed Data does not inflate to its claimed size; the flow gets no more payload. */
  onError(error: Error): void
}

/** Compressed Data, or a message behind it. */
interface Waiting {
  readonly message: Uint8Array
  /** Payload bytes after inflating, 0 for the last message. */
  readonly bytes: number
  readonly last: boolean
}

/**
 * Moves payload of Data into a flow that frames it again. Compressed Data is kept compressed and inflated in pieces as
 * the flow has room, since 64 KiB of it can be 64 MiB of payload. Messages behind it wait, in order.
 */
export class Reframing {
  readonly #options: ReframingOptions
  readonly #waiting = new Fifo<Waiting>()
  #waitingBytes = 0
  #inflating: Inflating | undefined
  /** Payload still to come from the compressed Data being inflated. */
  #restBytes = 0
  #stopped = false

  constructor(options: ReframingOptions) {
    this.#options = options
  }

  /** Bytes of messages that wait. */
  get waitingBytes(): number {
    return this.#waitingBytes
  }

  /** Memory of the waiting messages, in bytes. */
  get memoryBytes(): number {
    const inflation = this.#inflating === undefined ? 0 : inflationBytes
    return this.#waitingBytes + this.#waiting.length * messageOverheadBytes + inflation
  }

  /** Payload still to come from the current inflation; it shrinks while there is progress. */
  get restBytes(): number {
    return this.#restBytes
  }

  /** Accepts Data of `bytes` payload. @throws MuxError for compressed Data that is too large. */
  push(message: Uint8Array, bytes: number): void {
    if (isCompressed(message)) checkInflatedBytes(bytes)
    if (this.#waiting.length > 0 || isCompressed(message))
      this.#wait({ message: detached(message), bytes, last: false })
    else this.#options.flow.pushPayload(detached(readTcpDataPayload(message)))
  }

  /** Accepts the last message of the channel. */
  finish(message: Uint8Array): void {
    if (this.#waiting.length > 0) this.#wait({ message, bytes: 0, last: true })
    else this.#options.flow.finish(message)
  }

  /** Called when the flow has room again. */
  onDrain(): void {
    this.#inflating?.onDrain()
  }

  /** Drops the waiting messages. */
  stop(): void {
    this.#stopped = true
    this.#inflating?.stop()
    this.#inflating = undefined
    this.#waiting.clear()
    this.#waitingBytes = 0
    this.#restBytes = 0
  }

  #wait(waiting: Waiting): void {
    this.#waiting.push(waiting)
    this.#waitingBytes += waiting.message.length
    if (this.#waiting.length === 1) this.#next()
  }

  /** Passes on waiting messages up to the next compressed Data, which stays at the head while it is inflated. */
  #next(): void {
    for (let head = this.#waiting.peek(); head !== undefined; head = this.#waiting.peek()) {
      if (!head.last && isCompressed(head.message)) return this.#inflate(head)
      this.#shift()
      if (head.last) this.#options.flow.finish(head.message)
      else this.#options.flow.pushPayload(readTcpDataPayload(head.message))
    }
  }

  #inflate({ message, bytes }: Waiting): void {
    const payload = readTcpDataPayload(message)
    this.#restBytes = bytes
    try {
      const { compressor } = this.#options
      if (compressor?.inflate === undefined) this.#takeAll(inflate(payload, bytes, compressor))
      else this.#inflating = compressor.inflate(payload, bytes, this.#owner)
    } catch (error) {
      this.#options.onError(error as Error)
    }
  }

  readonly #owner: InflationOwner = {
    onPiece: (piece) => this.#take(piece),
    onDone: () => this.#inflated(),
    onError: (error) => this.#options.onError(error),
  }

  #takeAll(payload: Uint8Array): void {
    this.#options.flow.pushPayload(payload)
    this.#inflated()
  }

  #take(piece: Uint8Array): boolean {
    if (this.#stopped) return false
    this.#restBytes -= piece.length
    this.#options.flow.pushPayload(piece)
    this.#options.onFilled()
    return this.#options.flow.requestRoom()
  }

  #inflated(): void {
    if (this.#stopped) return
    this.#inflating = undefined
    this.#restBytes = 0
    this.#shift()
    this.#next()
    this.#options.onFilled()
  }

  #shift(): void {
    this.#waitingBytes -= this.#waiting.shift()?.message.length ?? 0
  }
}
