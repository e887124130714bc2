import type { Snapshot } from '@ls/foundation'
import { FakeClock } from '@ls/testkit'
import { expect, test } from 'vitest'
import { SharedEvents } from './shared-events.js'

test('SharedEvents leaves no timer when it is closed', async () => {
  const clock = new FakeClock()
  const siblings = { ownPath: '/nothing/here', others: () => [], mergeSnapshots: ([own]: readonly Snapshot[]) => own! }
  const events = new SharedEvents({ siblings, server: { snapshot: () => ({}) as Snapshot }, clock })
  await events.open()
  events.close()
  expect(clock.pendingTimers).toBe(0)
})
