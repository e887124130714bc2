import { FakeClock } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { RateLimit, RateTurn } from './rate-limit.js'

/** 10 Mbit/s. */
const bytesPerSecond = 1_250_000

/** A connection that always has a next message. */
class Greedy {
  readonly messageBytes: number
  readonly turn: RateTurn
  bytes = 0

  constructor(limit: RateLimit, messageBytes: number) {
    this.messageBytes = messageBytes
    this.turn = new RateTurn(limit, () => this.read())
  }

  read(): void {
    do this.bytes += this.messageBytes
    while (this.turn.pay(this.messageBytes))
  }
}

function run(count: number, messageBytes: (index: number) => number, ms = 10_000): Greedy[] {
  const clock = new FakeClock()
  const limit = new RateLimit({ clock, bytesPerSecond })
  const all = Array.from({ length: count }, (_, index) => new Greedy(limit, messageBytes(index)))
  for (const each of all) each.read()
  clock.advance(ms)
  return all
}

function sum(all: readonly Greedy[]): number {
  return all.reduce((bytes, each) => bytes + each.bytes, 0)
}

describe('RateLimit', () => {
  test.each([1, 50])('holds 10 Mbit/s within 3 % over 10 s for %d connections', (count) => {
    const ratio = sum(run(count, () => 65_536)) / (bytesPerSecond * 10)
    expect(Math.abs(ratio - 1)).toBeLessThan(0.03)
  })

  test('drops datagrams beyond 10 Mbit/s, within 3 % over 10 s', () => {
    const clock = new FakeClock()
    const limit = new RateLimit({ clock, bytesPerSecond })
    let bytes = 0
    for (let ms = 0; ms < 10_000; ms++) {
      for (let count = 0; count < 3; count++) if (limit.takeNow(1200)) bytes += 1200
      clock.advance(1)
    }
    expect(Math.abs(bytes / (bytesPerSecond * 10) - 1)).toBeLessThan(0.03)
  })

  test('gives half to datagrams and half to connections that want all', () => {
    const clock = new FakeClock()
    const limit = new RateLimit({ clock, bytesPerSecond })
    const download = new Greedy(limit, 65_536)
    download.read()
    let datagrams = 0
    for (let ms = 0; ms < 10_000; ms++) {
      for (let count = 0; count < 3; count++) if (limit.takeNow(1200)) datagrams += 1200
      clock.advance(1)
    }
    const all = download.bytes + datagrams
    expect({
      together: Math.abs(all / (bytesPerSecond * 10) - 1) < 0.03,
      fair: Math.abs(datagrams / all - 0.5) < 0.05,
    }).toEqual({ together: true, fair: true })
  })

  test('shares by bytes, whatever the size of messages', () => {
    const all = run(2, (index) => (index === 0 ? 1000 : 65_536))
    expect((all[0]?.bytes ?? 0) / sum(all)).toBeGreaterThan(0.45)
  })

  test('lets a keystroke pass before downloads that wait', () => {
    const clock = new FakeClock()
    const limit = new RateLimit({ clock, bytesPerSecond })
    const downloads = Array.from({ length: 20 }, () => new Greedy(limit, 65_536))
    for (const each of downloads) each.read()
    clock.advance(5000)
    let turns = 0
    const typist = new RateTurn(limit, () => turns++)
    typist.pay(10)
    clock.advance(60)
    expect(turns).toBe(1)
  })

  test('waits no longer than the last message takes', () => {
    const clock = new FakeClock()
    const limit = new RateLimit({ clock, bytesPerSecond, burstBytes: 1 })
    let turns = 0
    const turn = new RateTurn(limit, () => turns++)
    turn.pay(12_500)
    clock.advance(11)
    expect(turns).toBe(1)
  })

  test('saves no more than its burst while nothing passes', () => {
    const clock = new FakeClock()
    const limit = new RateLimit({ clock, bytesPerSecond, burstBytes: 10_000 })
    clock.advance(60_000)
    const turn = new RateTurn(limit, () => {})
    expect({ below: turn.pay(9999), reached: turn.pay(1) }).toEqual({ below: true, reached: false })
  })

  test('serves the others when one that waits is gone', () => {
    const clock = new FakeClock()
    const limit = new RateLimit({ clock, bytesPerSecond })
    const [first, second] = [new Greedy(limit, 65_536), new Greedy(limit, 65_536)]
    first.read()
    second.read()
    first.turn.close()
    const before = second.bytes
    clock.advance(1000)
    expect(second.bytes - before).toBeGreaterThan(bytesPerSecond * 0.9 - 3 * 65_536)
  })

  test('serves waiting tenants as soon as another one has repaid its debt', () => {
    const clock = new FakeClock()
    const limit = new RateLimit({ clock, bytesPerSecond, burstBytes: 1 })
    const first = new RateTurn(limit, () => {})
    let turns = 0
    const second = new RateTurn(limit, () => turns++)
    first.pay(1_250_000)
    clock.advance(1100)
    second.pay(10)
    first.close()
    clock.advance(10)
    expect(turns).toBe(1)
  })

  test('refunds bytes that were paid in advance', () => {
    const clock = new FakeClock()
    const limit = new RateLimit({ clock, bytesPerSecond, burstBytes: 1000 })
    const turn = new RateTurn(limit, () => {})
    turn.pay(100_000)
    clock.advance(81)
    turn.close()
    clock.advance(1)
    expect(limit.isOpen).toBe(true)
  })

  test('counts the bytes that were paid for, without those that were given back', () => {
    const clock = new FakeClock()
    const limit = new RateLimit({ clock, bytesPerSecond, burstBytes: 1000 })
    limit.charge(500)
    limit.charge(-200)
    limit.takeNow(50)
    expect(limit.chargedBytes).toBe(350)
  })
})
