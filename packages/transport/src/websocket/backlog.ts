import type { Duplex } from 'node:stream'
import type { ReadTurns, TurnTaker } from './read-turns.js'

/** Bytes of a connection that wait for a turn. Until then the connection is paused, whatever its owner wants. */
export class Backlog implements TurnTaker {
  readonly #stream: Duplex
  readonly #turns: ReadTurns
  readonly #read: (bytes: Buffer) => void
  #bytes: Buffer | undefined
  #isPaused = false

  /** @param read Reads the bytes in their turn, and adds what is left. */
  constructor(stream: Duplex, turns: ReadTurns, read: (bytes: Buffer) => void) {
    this.#stream = stream
    this.#turns = turns
    this.#read = read
  }

  get isEmpty(): boolean {
    return this.#bytes === undefined
  }

  /** Adds bytes, whose memory it keeps. Only when the turn is over. */
  add(bytes: Buffer): void {
    if (this.#bytes === undefined) {
      this.#bytes = bytes
      this.#stream.pause()
      this.#turns.wait(this)
    } else {
      this.#bytes = Buffer.concat([this.#bytes, bytes])
    }
  }

  /** Removes all bytes. */
  take(): Buffer | undefined {
    const bytes = this.#bytes
    this.#bytes = undefined
    return bytes
  }

  takeTurn(): void {
    const bytes = this.take()
    if (bytes !== undefined) this.#read(bytes)
    if (this.isEmpty && !this.#isPaused) this.#stream.resume()
  }

  /** Pauses the connection for its owner. */
  pause(): void {
    this.#isPaused = true
    this.#stream.pause()
  }

  /** Resumes the connection for its owner. */
  resume(): void {
    this.#isPaused = false
    if (this.isEmpty) this.#stream.resume()
  }
}
