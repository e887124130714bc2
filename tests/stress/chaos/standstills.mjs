// Times in which the program of a chaos run did not run itself. It has all clients, all providers and the target, so
// nothing is answered meanwhile. Deadlines that are over by then pass before answers that have arrived are read.

/** Time between two checks, in milliseconds. */
const periodMs = 100
/** Shortest standstill that counts, in milliseconds: many turns of a busy event loop are shorter. */
const leastMs = 1000

/** Records when this program stands still: the machine is busy, or a call waits for the disk. */
export class Standstills {
  all = []
  #timer

  constructor() {
    let lastMs = performance.now()
    this.#timer = setInterval(() => {
      const nowMs = performance.now()
      if (nowMs - lastMs >= periodMs + leastMs) this.all.push({ beganMs: lastMs, endedMs: nowMs })
      lastMs = nowMs
    }, periodMs)
  }

  stop() {
    clearInterval(this.#timer)
  }
}
