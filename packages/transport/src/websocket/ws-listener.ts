import type { Duplex } from 'node:stream'
import { processFramePool } from '@ls/mux/frames'

type DataListener = (chunk: Buffer) => void

/** Most bytes that are left to ws in one call: as empty fragments they take 1 ms. */
export const wsPieceBytes = 4096

/** The listener of ws for the data of a connection, which gets only what is passed to it. */
export class WsListener {
  readonly #stream: Duplex
  readonly #listener: DataListener
  readonly #onHeld: (bytes: number) => void
  /** Bytes that ws has read since its last message: it keeps the memory of whole reads. */
  #leftBytes = 0

  private constructor(stream: Duplex, listener: DataListener, onHeld: (bytes: number) => void) {
    this.#stream = stream
    this.#listener = listener
    this.#onHeld = onHeld
  }

  /** Takes the listener, which was added last, from the connection; undefined where there is none. */
  static take(stream: Duplex, onHeld: (bytes: number) => void): WsListener | undefined {
    const listener = stream.listeners('data').at(-1) as DataListener | undefined
    if (listener === undefined) return undefined
    stream.off('data', listener)
    return new WsListener(stream, listener, onHeld)
  }

  /** Passes a whole control frame. */
  pass(frame: Buffer): void {
    this.#listener.call(this.#stream, frame)
  }

  /** Leaves a piece to it; false when it accepts no more: it then removes its listener, as after a close frame. */
  leave(piece: Buffer): boolean {
    const stream = this.#stream
    this.#leftBytes += piece.length
    if (this.#leftBytes > processFramePool.frameBytes) this.#onHeld(this.#leftBytes)
    stream.on('data', this.#listener)
    this.#listener.call(stream, piece)
    const isListening = stream.listeners('data').includes(this.#listener)
    stream.off('data', this.#listener)
    return isListening
  }

  /** Called when ws has delivered a message. */
  delivered(): void {
    if (this.#leftBytes > processFramePool.frameBytes) this.#onHeld(0)
    this.#leftBytes = 0
  }
}
