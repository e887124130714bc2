import { useCleanups } from '@ls/testkit'
import type { TestContext } from 'vitest'

const cleanups = useCleanups()

/** Runs `cleanup` after the test, in reverse order of registration. */
export const afterTest = (cleanup: () => unknown): void => cleanups.push(cleanup)

/** Closes the object after the test. */
export const closing = cleanups.closing

/** {@link afterTest} and {@link closing} for one of several tests that run at the same time. */
export interface Cleanup {
  readonly afterTest: typeof afterTest
  readonly closing: <T extends { close(): unknown }>(thing: T) => T
}

/**
 * Creates them. The global functions cannot tell which test calls them, and would clean up after the first test that
 * ends.
 */
export function cleanupOf({ onTestFinished }: TestContext): Cleanup {
  const afterThis: Cleanup['afterTest'] = (cleanup) => {
    onTestFinished(async () => void (await cleanup()))
  }
  return {
    afterTest: afterThis,
    closing: (thing) => {
      afterThis(() => thing.close())
      return thing
    },
  }
}

/**
 * Returns a promise that the test awaits later. If the test fails before, the failure of this promise would be an error
 * outside of tests, for which vitest fails the whole run although the test passes when it is tried again.
 */
export function awaitedLater<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {})
  return promise
}
