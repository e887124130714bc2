import { FakeClock } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { channelsIdle } from './channels-idle.js'

describe('channelsIdle', () => {
  test('resolves once the last channel has ended', async () => {
    const clock = new FakeClock()
    let channels = 1
    const idle = channelsIdle(() => channels, 1000, clock)
    channels = 0
    clock.advance(50)
    await idle
    expect(clock.pendingTimers).toBe(0)
  })

  test('resolves after the grace time with channels that stay', async () => {
    const clock = new FakeClock()
    const idle = channelsIdle(() => 1, 50, clock)
    clock.advance(50)
    await idle
    expect(clock.now()).toBe(50)
  })

  test('resolves at once without a grace time', async () => {
    const clock = new FakeClock()
    await channelsIdle(() => 1, 0, clock)
    expect(clock.pendingTimers).toBe(0)
  })
})
