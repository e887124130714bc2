import type { Duplex } from 'node:stream'

/**
 * Reads sockets in turns. While reads fill their buffer, libuv reads one socket up to 32 times before it looks at the
 * next: beside eight downloads a keystroke waited 60 ms for its turn, 9 ms with this class.
 *
 * A socket whose own side has ended also rests after a read that left room. libuv reports a reset that came with data
 * as an end, unless reading has stopped by then, and this socket has no write left that would tell them apart.
 */
export class TurnReader {
  readonly #socket: Duplex
  #turnBytes = 0
  /** Whether its turn is over. */
  #resting = false
  /** Whether the owner cannot take more. */
  #waiting = false

  constructor(socket: Duplex) {
    this.#socket = socket
  }

  /**
   * Whether the owner may read the socket; check it after {@link received} and {@link wait}. Reading resumes by itself.
   */
  get reads(): boolean {
    return !this.#resting && !this.#waiting
  }

  /** Counts the bytes of a read. */
  received(bytes: number): void {
    const isLast = bytes < minBufferBytes
    // A read that left room in the buffer was the last of this turn.
    if (isLast && !this.#socket.writableEnded) return
    if (this.#turnBytes === 0) setImmediate(this.#endTurn)
    this.#turnBytes += bytes
    if (isLast || this.#turnBytes >= maxTurnBytes) this.#resting = true
  }

  /** Stops reading until {@link onDrain}. */
  wait(): void {
    this.#waiting = true
  }

  /** Continues: the owner can take more. */
  onDrain(): void {
    this.#waiting = false
    if (!this.#resting) this.#socket.resume()
  }

  readonly #endTurn = (): void => {
    this.#turnBytes = 0
    if (!this.#resting) return
    this.#resting = false
    if (!this.#waiting) this.#socket.resume()
  }
}

/** Size of one read, in bytes. */
const minBufferBytes = 65_536

/** Most bytes of a socket in one turn: two reads, so that the cost of stopping and resuming is small beside them. */
const maxTurnBytes = 131_072
