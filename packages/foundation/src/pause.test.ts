import { FakeClock } from '@ls/testkit'
import { expect, test } from 'vitest'
import { Pause } from './pause.js'

test('Pause.wait resolves after its limit', async () => {
  const clock = new FakeClock()
  const waited = new Pause(clock).wait(100)
  clock.advance(100)
  await expect(waited).resolves.toBeUndefined()
})

test('Pause.end ends a wait without a limit', async () => {
  const pause = new Pause(new FakeClock())
  const waited = pause.wait()
  pause.end()
  await expect(waited).resolves.toBeUndefined()
})

test('Pause.end leaves no timer', () => {
  const clock = new FakeClock()
  const pause = new Pause(clock)
  void pause.wait(100)
  pause.end()
  expect(clock.pendingTimers).toBe(0)
})
