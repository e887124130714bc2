import { FakeClock } from '@ls/testkit'
import { beforeEach, describe, expect, test } from 'vitest'
import { LateRefusals } from './late-refusals.js'

describe('LateRefusals', () => {
  let clock: FakeClock
  let refusals: LateRefusals
  let done: string[]

  beforeEach(() => {
    clock = new FakeClock()
    done = []
    refusals = new LateRefusals({ clock, maxWaiting: 3, maxWaitingPerAddress: 2 })
  })

  function refuse(name: string, address = name): void {
    refusals.add(address, { answer: () => done.push(`answer ${name}`), cut: () => done.push(`cut ${name}`) })
  }

  test('add answers after a second', () => {
    refuse('a')
    clock.advance(999)
    const before = [...done]
    clock.advance(1)
    expect({ before, done }).toEqual({ before: [], done: ['answer a'] })
  })

  test('add cuts the oldest of an address for which too many wait', () => {
    for (const name of ['a', 'b', 'c']) refuse(name, '192.0.2.1')
    expect(done).toEqual(['cut a'])
  })

  test('add counts a /64 of IPv6 as one address', () => {
    for (const name of ['1', '2', '3']) refuse(name, `2001:db8::${name}`)
    expect(done).toEqual(['cut 1'])
  })

  test('add cuts the oldest of all where too many wait', () => {
    for (const name of ['a', 'b', 'c', 'd']) refuse(name)
    expect(done).toEqual(['cut a'])
  })

  test('add has room again once an answer is out', () => {
    for (const name of ['a', 'b']) refuse(name, '192.0.2.1')
    clock.advance(1000)
    refuse('c', '192.0.2.1')
    expect(done).toEqual(['answer a', 'answer b'])
  })

  test('a client that was cut gets no answer later', () => {
    for (const name of ['a', 'b', 'c']) refuse(name, '192.0.2.1')
    clock.advance(1000)
    expect(done).toEqual(['cut a', 'answer b', 'answer c'])
  })

  test('close cuts all and leaves no timer', () => {
    for (const name of ['a', 'b']) refuse(name)
    refusals.close()
    expect({ done, pendingTimers: clock.pendingTimers }).toEqual({ done: ['cut a', 'cut b'], pendingTimers: 0 })
  })
})
