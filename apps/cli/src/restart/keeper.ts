import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

/** Signals that the process that does the work now should get. */
const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGURG'] as const

/** Has a process that another one has taken over from pass its signals on to that one. */
export function passSignalsOn(process: Pick<NodeJS.Process, 'on' | 'kill'>, pid: () => number): void {
  const passOn = (signal: NodeJS.Signals): void => {
    try {
      process.kill(pid(), signal)
    } catch {
      // It ends already.
    }
  }
  for (const signal of passedOn) process.on(signal, () => passOn(signal))
}

/** What the first process knows of those that have taken over. */
export interface Keeper {
  /** Does the work now. */
  readonly pid: number
  /** Resolves once the last of them has ended. */
  readonly ended: Promise<void>
}

/**
 * Keeps the first process while others do its work: shells, containers and most supervisors know only that one, and
 * would take its end for the end of the service.
 *
 * @param pipe Has the number of each process that takes over, a line each; ends with the last.
 * @param first The first one that took over.
 */
export function keep(pipe: Readable, first: number): Keeper {
  let pid = first
  const lines = createInterface({ input: pipe })
  lines.on('line', (line) => {
    if (/^\d+$/.test(line)) pid = Number(line)
  })
  return {
    get pid() {
      return pid
    },
    ended: new Promise((resolve) => lines.once('close', resolve)),
  }
}
