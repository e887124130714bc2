import type { EventEmitter } from 'node:events'
import type { FakeClock } from './fake-clock.js'

export interface WaitOptions {
  /** Milliseconds after which the wait fails. @default 15000 */
  readonly timeoutMs?: number
}

/** Most tests wait for milliseconds. A busy machine may take thousands of times that; a test may take 20 s. */
const defaultTimeoutMs = 15_000

/**
 * Turns of the event loop without a pause, some ten milliseconds: what is under way in this process ends within them,
 * and a condition that moves a fake clock at each look is not slowed down.
 */
const busyTurns = 10_000

/** Longest pause between two looks after that, in milliseconds, for what no event of this process makes true. */
const lookMs = 5

/** Those of the system: a test may replace the global ones while it waits. */
const { setTimeout: startTimer, clearTimeout: stopTimer, setImmediate: nextTurn } = globalThis
const now = performance.now.bind(performance)

/** Settles as `promise` does, or rejects with an error that names `what` after `timeoutMs`. */
export function within<T>(promise: PromiseLike<T>, what: string, options: WaitOptions = {}): Promise<T> {
  return mayFailEarly(settledWithin(promise, what, options))
}

async function settledWithin<T>(promise: PromiseLike<T>, what: string, options: WaitOptions): Promise<T> {
  const { timeoutMs = defaultTimeoutMs } = options
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_resolve, reject) => {
    timer = startTimer(() => reject(new Error(`waited ${timeoutMs} ms in vain for ${what}`)), timeoutMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    stopTimer(timer)
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

/** Waits until `condition` is true, checked in each turn of the event loop, or every 5 ms where nothing happens. */
export function until(condition: () => boolean, what: string, options: WaitOptions = {}): Promise<void> {
  return mayFailEarly(trueWithin(condition, what, options))
}

async function trueWithin(condition: () => boolean, what: string, options: WaitOptions): Promise<void> {
  const { timeoutMs = defaultTimeoutMs } = options
  const endMs = now() + timeoutMs
  for (let looks = 1; !condition(); looks++) {
    if (now() > endMs) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`)
    await (looks < busyTurns ? turns(1) : nextEvents())
  }
}

/**
 * Waits for the end of a turn of the event loop in which something happened, {@link lookMs} at most. Unlike
 * {@link turns} it leaves the processor to others meanwhile: an immediate without `ref` runs in each turn, but causes
 * none.
 */
async function nextEvents(): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  await new Promise<void>((resolve) => {
    timer = startTimer(() => {}, lookMs)
    nextTurn(resolve).unref()
  })
  stopTimer(timer)
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
  for (let turn = 0; turn < count; turn++) await new Promise<void>((resolve) => nextTurn(resolve))
}
