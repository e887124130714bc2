import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

/** Signals to pass on to the process that works now. */
const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGURG'] as const

/** Passes signals of a process on to the one that has taken over. */
export function forwardSignals(process: Pick<NodeJS.Process, 'on' | 'kill'>, pid: () => number): void {
  const passOn = (signal: NodeJS.Signals): void => {
    try {
      process.kill(pid(), signal)
    } catch {
      // It is already ending.
    }
  }
  for (const signal of passedOn) process.on(signal, () => passOn(signal))
}

/** Data of the first process about the processes that have taken over. */
export interface Keeper {
  /** Id of the process that works now. */
  readonly pid: number
  /** Resolves when the last of them has ended. */
  readonly ended: Promise<void>
}

/**
 * Keeps the first process running while others do its work: shells, containers and most supervisors see only the first,
 * and would treat its end as the end of the service.
 *
 * @param pipe Carries the number of each process that takes over, one a line; ends with the last.
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
