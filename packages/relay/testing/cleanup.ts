import { useCleanups } from '@ls/testkit'

const cleanups = useCleanups()

/** Runs `cleanup` after the test, in reverse order of registration. */
export const afterTest = (cleanup: () => unknown): void => cleanups.push(cleanup)

/** Closes the object after the test. */
export const closing = cleanups.closing
