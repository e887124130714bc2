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

/** Makes them. The plain ones cannot tell which test calls them: they would clean up after whichever ends first. */
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
