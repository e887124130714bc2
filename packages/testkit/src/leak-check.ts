import { turns } from './wait.js'

/** Kinds of resources that a test runner opens and closes by itself, or that exist for one turn only. */
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
 * Records which sockets, servers and timers are open now. The returned function waits until everything opened since is
 * closed; after 2 s it throws an error that names the rest.
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
