import { turns } from './wait.js'

/** Kinds that come and go on their own in a test runner, or that last one turn. */
const uncounted = new Set([
  'Immediate',
  'FSReqPromise',
  'FSReqCallback',
  'CloseReq',
  'MessagePort',
  'TTYWrap',
  'PipeWrap',
])

const timeoutMs = 2000

/**
 * Notes which sockets, servers and timers are open now; the function it returns waits for everything opened since to
 * be gone, and throws an error that names the leftovers after 2 s.
 *
 * @example
 * ```ts
 * const assertNoLeak = leakCheck()
 * await useSockets()
 * await assertNoLeak()
 * ```
 */
export function leakCheck(): () => Promise<void> {
  const before = countResources()
  return async () => {
    const endMs = performance.now() + timeoutMs
    for (;;) {
      const leftovers = grownKinds(before, countResources())
      if (leftovers.length === 0) return
      if (performance.now() > endMs) throw new Error(`left open: ${leftovers.join(', ')}`)
      await turns(1)
    }
  }
}

function countResources(): Map<string, number> {
  const counts = new Map<string, number>()
  for (const kind of process.getActiveResourcesInfo()) {
    if (!uncounted.has(kind)) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  }
  return counts
}

function grownKinds(before: Map<string, number>, after: Map<string, number>): string[] {
  return [...after]
    .map(([kind, count]) => ({ kind, more: count - (before.get(kind) ?? 0) }))
    .filter(({ more }) => more > 0)
    .map(({ kind, more }) => `${more} × ${kind}`)
}
