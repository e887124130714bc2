import { afterEach, beforeEach } from 'vitest'
import { leakCheck } from './leak-check.js'

/** Functions that run after each test of a file. */
export interface Cleanups {
  /** Runs `cleanup` after the test, in reverse order of registration. */
  push(...cleanups: readonly (() => unknown)[]): void
  /** Closes the object after the test, and returns it. */
  closing<T extends { close(): unknown }>(thing: T): T
}

/**
 * Registers the hooks of a test file that clean up after each test.
 *
 * @param check `leaks`: then fails a test that leaves sockets, servers or timers open. @default nothing is checked
 * @example
 * ```ts
 * const cleanups = useCleanups('leaks')
 * test('serves', async () => {
 *   const server = cleanups.closing(await echoServer())
 * })
 * ```
 */
export function useCleanups(check?: 'leaks'): Cleanups {
  const waiting: (() => unknown)[] = []
  let assertNoLeak: (() => Promise<void>) | undefined
  beforeEach(() => {
    assertNoLeak = check === 'leaks' ? leakCheck() : undefined
  })
  afterEach(async () => {
    for (const cleanup of waiting.splice(0).toReversed()) await cleanup()
    await assertNoLeak?.()
  })
  return {
    push: (...cleanups) => void waiting.push(...cleanups),
    closing: (thing) => {
      waiting.push(() => thing.close())
      return thing
    },
  }
}
