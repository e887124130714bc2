import { getEventListeners } from 'node:events'
import type { Session } from '@ls/mux'
import { FakeClock } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { Balancer } from './balancer.js'

const never = new AbortController().signal

function session({ state = 'linked', overdue = false }: Partial<Pick<Session, 'state' | 'overdue'>> = {}): Session {
  return { state, overdue } as unknown as Session
}

describe('Balancer.pick', () => {
  test('takes sessions in turn', () => {
    const balancer = new Balancer({ clock: new FakeClock() })
    const [a, b, c] = [session(), session(), session()]
    for (const one of [a, b, c]) balancer.add(one)
    expect([1, 2, 3, 4].map(() => balancer.pick(never))).toEqual([a, b, c, a])
  })

  test('passes over sessions whose link is down', () => {
    const balancer = new Balancer({ clock: new FakeClock() })
    const [down, up] = [session({ state: 'unlinked' }), session()]
    balancer.add(down)
    balancer.add(up)
    expect({ first: balancer.pick(never), second: balancer.pick(never) }).toEqual({ first: up, second: up })
  })

  test('passes over sessions that owe an answer to a ping', () => {
    const balancer = new Balancer({ clock: new FakeClock() })
    const [asleep, awake] = [session({ overdue: true }), session()]
    balancer.add(asleep)
    balancer.add(awake)
    expect({ first: balancer.pick(never), second: balancer.pick(never) }).toEqual({ first: awake, second: awake })
  })

  test('takes a session that owes an answer where there is no other', () => {
    const balancer = new Balancer({ clock: new FakeClock() })
    const asleep = session({ overdue: true })
    balancer.add(asleep)
    expect(balancer.pick(never)).toBe(asleep)
  })

  test('gives a waiting request the first session that comes', async () => {
    const balancer = new Balancer({ clock: new FakeClock() })
    const picked = balancer.pick(never)
    const late = session()
    balancer.add(late)
    expect(await picked).toBe(late)
  })

  test('fails with no-provider when none comes in time', async () => {
    const clock = new FakeClock()
    const picked = new Balancer({ clock, waitMs: 10_000 }).pick(never)
    clock.advance(10_000)
    await expect(picked).rejects.toThrow('no-provider: none was connected within 10000 ms')
  })

  test('stops waiting when the request is given up', async () => {
    const clock = new FakeClock()
    const giveUp = new AbortController()
    const picked = new Balancer({ clock }).pick(giveUp.signal)
    giveUp.abort(new Error('gone'))
    await expect(picked).rejects.toThrow('gone')
  })

  test('leaves no listener on the signal of a request that waited too long', async () => {
    const clock = new FakeClock()
    const giveUp = new AbortController()
    const picked = new Balancer({ clock, waitMs: 10_000 }).pick(giveUp.signal)
    clock.advance(10_000)
    await expect(picked).rejects.toThrow('no-provider')
    expect(getEventListeners(giveUp.signal, 'abort')).toEqual([])
  })

  test('leaves no timer behind once a request has its session', async () => {
    const clock = new FakeClock()
    const balancer = new Balancer({ clock })
    const picked = balancer.pick(never)
    balancer.add(session())
    await picked
    expect(clock.pendingTimers).toBe(0)
  })

  test('keeps its turn when a session before it goes', () => {
    const balancer = new Balancer({ clock: new FakeClock() })
    const [a, b, c] = [session(), session(), session()]
    for (const one of [a, b, c]) balancer.add(one)
    void balancer.pick(never)
    balancer.remove(a)
    expect({ first: balancer.pick(never), second: balancer.pick(never) }).toEqual({ first: b, second: c })
  })
})

test('Balancer.close fails what waits', async () => {
  const balancer = new Balancer({ clock: new FakeClock() })
  const picked = balancer.pick(never)
  balancer.close()
  await expect(picked).rejects.toThrow('no-provider')
})

describe('Balancer.other', () => {
  test('is a live session that was not tried, and not its turn', () => {
    const balancer = new Balancer({ clock: new FakeClock() })
    const [a, b, c] = [session(), session(), session()]
    for (const one of [a, b, c]) balancer.add(one)
    void balancer.pick(never)
    expect({
      firstOther: balancer.other(new Set([a])),
      secondOther: balancer.other(new Set([a])),
      pick: balancer.pick(never),
    }).toEqual({ firstOther: b, secondOther: b, pick: b })
  })

  test.each([
    ['tried already', session()],
    ['without a link', session({ state: 'unlinked' })],
    ['overdue', session({ overdue: true })],
  ])('is none that is %s', (why, one) => {
    const balancer = new Balancer({ clock: new FakeClock() })
    balancer.add(one)
    expect(balancer.other(new Set(why === 'tried already' ? [one] : []))).toBeUndefined()
  })
})

describe('Balancer with far sessions', () => {
  test('takes them only where no near one has a link', () => {
    const balancer = new Balancer({ clock: new FakeClock() })
    const [near, far] = [session(), session()]
    balancer.add(far, { far: true })
    balancer.add(near)
    const before = [balancer.pick(never), balancer.pick(never)]
    balancer.remove(near)
    expect({ before, after: balancer.pick(never) }).toEqual({ before: [near, near], after: far })
  })

  test('takes a far one before a near one that owes an answer to a ping', () => {
    const balancer = new Balancer({ clock: new FakeClock() })
    const far = session()
    balancer.add(session({ overdue: true }))
    balancer.add(far, { far: true })
    expect(balancer.pick(never)).toBe(far)
  })

  test('never takes them by its near choice', async () => {
    const clock = new FakeClock()
    const balancer = new Balancer({ clock })
    balancer.add(session(), { far: true })
    const picked = balancer.near.pick(never, 1000)
    clock.advance(1000)
    await expect(picked).rejects.toThrow('no-provider')
  })
})
