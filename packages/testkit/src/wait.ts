import type { EventEmitter } from 'node:events'
import type { FakeClock } from './fake-clock.js'

export interface WaitOptions {
  /** Milliseconds after which the wait fails. @default 5000 */
  readonly timeoutMs?: number
}

const defaultTimeoutMs = 5000

/** Settles as `promise` does, or rejects with an error that names `what` after `timeoutMs`. */
export function within<T>(promise: PromiseLike<T>, what: string, options: WaitOptions = {}): Promise<T> {
  return mayFailEarly(settledWithin(promise, what, options))
}

async function settledWithin<T>(promise: PromiseLike<T>, what: string, options: WaitOptions): Promise<T> {
  const { timeoutMs = defaultTimeoutMs } = options
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${timeoutMs} ms in vain for ${what}`)), timeoutMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Waits for one event and returns its arguments. Unlike `events.once` it does not reject on `error`. */
export function onceEvent(emitter: EventEmitter, name: string, options?: WaitOptions): Promise<unknown[]> {
  return mayFailEarly(eventWithin(emitter, name, options))
}

async function eventWithin(emitter: EventEmitter, name: string, options?: WaitOptions): Promise<unknown[]> {
  let listener: ((...args: unknown[]) => void) | undefined
  const happened = new Promise<unknown[]>((resolve) => {
    listener = (...args) => resolve(args)
    emitter.once(name, listener)
  })
  try {
    return await within(happened, `the event '${name}'`, options)
  } finally {
    if (listener !== undefined) emitter.off(name, listener)
  }
}

/** Waits until `condition` is true, checked once per turn of the event loop. */
export function until(condition: () => boolean, what: string, options: WaitOptions = {}): Promise<void> {
  return mayFailEarly(trueWithin(condition, what, options))
}

async function trueWithin(condition: () => boolean, what: string, options: WaitOptions): Promise<void> {
  const { timeoutMs = defaultTimeoutMs } = options
  const endMs = performance.now() + timeoutMs
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`)
    await turns(1)
  }
}

/**
 * Tests begin a wait, do something else, and await it then. Where that takes longer than the wait may, as on a busy
 * machine, the wait fails before: the test still gets the error, which would otherwise be one outside of tests, for
 * which vitest fails the whole run.
 */
function mayFailEarly<T>(wait: Promise<T>): Promise<T> {
  wait.catch(() => {})
  return wait
}

/** Resolves with the result of `ask`, which waits for a timer: lets `delayMs` pass once a new timer is pending. */
export async function afterDelay<T>(clock: FakeClock, delayMs: number, ask: () => Promise<T>): Promise<T> {
  const before = clock.pendingTimers
  const answer = ask()
  await until(() => clock.pendingTimers > before, 'a timer')
  clock.advance(delayMs)
  return answer
}

/** Lets the event loop turn `count` times: enough for everything that is already under way in this process. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => setImmediate(resolve))
}
