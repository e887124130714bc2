import { FakeClock, turns } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { Changes } from './changes.js'

async function advance(clock: FakeClock, ms: number): Promise<void> {
  await turns(1)
  clock.advance(ms)
  await turns(1)
}

describe('Changes', () => {
  test('resolves soon after the awaited change', async () => {
    const clock = new FakeClock()
    const changes = new Changes(clock)
    let channels = 1
    const reached = changes.until(() => channels === 0, 60_000)
    channels = 0
    changes.note()
    await advance(clock, 10)
    expect({ reached: await reached, now: clock.now(), pendingTimers: clock.pendingTimers }).toEqual({
      reached: true,
      now: 10,
      pendingTimers: 0,
    })
  })

  test('looks once for many changes', async () => {
    const clock = new FakeClock()
    const changes = new Changes(clock)
    let looks = 0
    void changes.until(() => ++looks > 5, 60_000)
    for (let change = 0; change < 100; change++) changes.note()
    await advance(clock, 10)
    expect(looks).toBe(2)
  })

  test('misses no change that comes while it looks', async () => {
    const clock = new FakeClock()
    const changes = new Changes(clock)
    let looks = 0
    const reached = changes.until(() => {
      if (++looks === 1) changes.note()
      return looks === 2
    }, 60_000)
    await advance(clock, 10)
    expect(await reached).toBe(true)
  })

  test('wakes all that wait', async () => {
    const clock = new FakeClock()
    const changes = new Changes(clock)
    let isReached = false
    const both = Promise.all([changes.until(() => isReached, 1000), changes.until(() => isReached, 2000)])
    isReached = true
    changes.note()
    await advance(clock, 10)
    expect(await both).toEqual([true, true])
  })

  test('gives up at the limit', async () => {
    const clock = new FakeClock()
    const reached = new Changes(clock).until(() => false, 50)
    await advance(clock, 50)
    await advance(clock, 0)
    expect({ reached: await reached, now: clock.now() }).toEqual({ reached: false, now: 50 })
  })

  test('does not wait without a limit', async () => {
    const clock = new FakeClock()
    expect({ until: await new Changes(clock).until(() => false, 0), pendingTimers: clock.pendingTimers }).toEqual({
      until: false,
      pendingTimers: 0,
    })
  })
})
