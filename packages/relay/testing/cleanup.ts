import { afterEach } from 'vitest'

const cleanups: (() => unknown)[] = []

/** Runs `cleanup` after the test, in reverse order of registration. */
export function afterTest(cleanup: () => unknown): void {
  cleanups.push(cleanup)
}

/** Closes the object after the test. */
export function closing<T extends { close(): unknown }>(thing: T): T {
  afterTest(() => thing.close())
  return thing
}

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})
