import { afterEach } from 'vitest'

const cleanups: (() => unknown)[] = []

/** Runs `cleanup` after the test, last come first served. */
export function afterTest(cleanup: () => unknown): void {
  cleanups.push(cleanup)
}

/** Closes what has a `close` after the test. */
export function closing<T extends { close(): unknown }>(thing: T): T {
  afterTest(() => thing.close())
  return thing
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})
