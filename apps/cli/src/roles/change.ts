import type { RoleConfig } from '../config/config-file.js'
import { messageOf } from '../output/describe-error.js'
import { Pauses } from '../steps.js'

/** A step from one configuration to the next. */
export interface Change {
  /** Description for the log. */
  readonly what: string
  /** Whether it ends the old part before the new one can begin: done last, when all other changes have succeeded. */
  readonly isRestart: boolean
  /** Does everything that can fail, and leaves nothing behind if it does. */
  prepare(): Promise<void>
  /** Ends what is no longer needed. If a part of that fails, the others are still done. */
  commit(): Promise<void>
  /** Undoes `prepare`. */
  undo(): Promise<void>
}

/** A role that runs. */
export interface RunningRole {
  /** Whether it has ended by itself. */
  readonly hasEnded: boolean
  /** Change to the present content of the file; undefined for none. */
  changeTo(next: RoleConfig): Promise<Change | undefined>
  /** Handles a reload of the file: the changes, one line each, or the reason why it is not in force. */
  reloaded(outcome: readonly string[] | Error): void
  /** Accepts nothing new; resolves when nothing is open any more, or after `timeoutMs`. */
  drain(timeoutMs: number): Promise<void>
  /** Gives open channels time to finish. */
  close(): Promise<void>
}

/** Part of a change that is ready. */
export interface Prepared {
  commit(): unknown
  undo(): unknown
}

/** Prepares all parts one after the other, or none. There may be 10,000: others are served meanwhile. */
export async function prepareAll(parts: readonly (() => Promise<Prepared>)[]): Promise<Prepared> {
  const ready: Prepared[] = []
  const undo = async (): Promise<void> => {
    const pauses = new Pauses()
    for (const each of ready.toReversed()) {
      await each.undo()
      await pauses.pauseIfDue()
    }
  }
  const pauses = new Pauses()
  try {
    for (const prepare of parts) {
      ready.push(await prepare())
      await pauses.pauseIfDue()
    }
  } catch (error) {
    await undo()
    throw error
  }
  return { commit: () => doAll(ready.map((each) => () => each.commit())), undo }
}

/** Runs all steps, also after one that failed. @throws the failure, or an error with the texts of all */
export async function doAll(steps: readonly (() => unknown)[]): Promise<void> {
  const failures: unknown[] = []
  const pauses = new Pauses()
  for (const step of steps) {
    await pauses.pauseIfDue()
    try {
      await step()
    } catch (error) {
      failures.push(error)
    }
  }
  const [first] = failures
  if (failures.length === 1) throw first
  if (failures.length > 1) throw new AggregateError(failures, failures.map(messageOf).join('; '))
}

/** Creates a change that one function prepares. */
export function liveChange(what: string, prepare: () => Promise<Prepared>): Change {
  let ready: Prepared | undefined
  return {
    what,
    isRestart: false,
    prepare: async () => void (ready = await prepare()),
    commit: async () => void (await ready?.commit()),
    undo: async () => void (await ready?.undo()),
  }
}

/** Creates a change that requires a restart of the part. If that fails, the previous one starts again. */
export function restartChange(what: string, { stop, start, startBefore }: Restart): Change {
  return {
    what,
    isRestart: true,
    prepare: async () => {
      await stop()
      try {
        await start()
      } catch (error) {
        await startBefore()
        throw error
      }
    },
    commit: async () => {},
    undo: async () => {
      await stop()
      await startBefore()
    },
  }
}

export interface Restart {
  stop(): Promise<void>
  start(): Promise<void>
  startBefore(): Promise<void>
}

/** Whether two values are deeply equal. */
export function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** A copy without some of its parts. */
export function without<T extends object>(value: T, names: readonly string[]): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name))) as Partial<T>
}
