/** What waits for its next turn. */
export interface TurnTaker {
  /** Continues until the turn is over; what is left then waits again. */
  takeTurn(): void
}

/**
 * Time for the frames of all links in a turn of the event loop, in ms. Work that the frames leave for later in the turn
 * may take six times as long: sending datagrams does. A new connection takes about six turns of a server.
 */
const processTurnMs = 0.5

/** Frames of one read after which the clock is read. Reads of bulk have fewer; these are read in any case. */
export const framesPerLook = 8

/**
 * Limits the time that links take from each other. Node reads 64 KiB or more of one socket before it reads the next
 * one, and they may contain 10,000 frames. Links with many frames in a read share the time of a turn, one after the
 * other; those with few do not wait.
 */
export class ReadTurns {
  readonly #turnMs: number
  #endMs: number | undefined
  readonly #waiting: TurnTaker[] = []

  constructor(turnMs: number) {
    this.#turnMs = turnMs
  }

  /** Whether the time of this turn is used up; it begins with the first question. */
  get isOver(): boolean {
    const nowMs = performance.now()
    if (this.#endMs === undefined) {
      this.#endMs = nowMs + this.#turnMs
      setImmediate(this.#begin)
    }
    return nowMs >= this.#endMs
  }

  /** Continues `taker` in the next turn that has time left after those that wait already. Only after {@link isOver}. */
  wait(taker: TurnTaker): void {
    this.#waiting.push(taker)
  }

  readonly #begin = (): void => {
    this.#endMs = undefined
    for (let left = this.#waiting.length; left > 0 && !this.isOver; left--) this.#waiting.shift()?.takeTurn()
  }
}

/** Turns of all links of this thread. */
export const processReadTurns = new ReadTurns(processTurnMs)
