/** Long work, cut into steps by `yield`. Other work may run between two steps. */
export type Steps<Result> = Generator<void, Result>

/** Does all steps without a pause. @throws what a step throws */
export function doSteps<Result>(steps: Steps<Result>): Result {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}

/** Does the steps, and lets the event loop go on between them. @throws what a step throws */
export async function doStepsWithPauses<Result>(steps: Steps<Result>, pauses = new Pauses()): Promise<Result> {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    await pauses.pauseIfDue()
  }
}

/**
 * Time without a pause, in milliseconds. Other connections wait that long. A pause costs some microseconds, and is
 * longer only where others have work.
 */
export const maxBusyMs = 10

/** Pauses in long work, so that the event loop serves its connections meanwhile. */
export class Pauses {
  readonly #now: () => number
  #startedMs: number

  /** @param now Clock, in milliseconds. */
  constructor(now = (): number => performance.now()) {
    this.#now = now
    this.#startedMs = now()
  }

  /** Waits for one turn of the event loop if the work has lasted long enough since the last pause. */
  async pauseIfDue(): Promise<void> {
    if (this.#now() - this.#startedMs < maxBusyMs) return
    await new Promise<void>((resolve) => setImmediate(resolve))
    this.#startedMs = this.#now()
  }
}
