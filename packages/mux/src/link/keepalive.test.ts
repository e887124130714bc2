import { FakeClock } from '@ls/testkit'
import { describe, expect, test, vi } from 'vitest'
import { checkKeepaliveTiming, type KeepaliveTiming } from './keepalive-timing.js'
import { Keepalive } from './keepalive.js'
import { PeerPings } from './peer-pings.js'
import { RoundTrip } from './round-trip.js'

const usualTiming: KeepaliveTiming = { periodMs: 20_000, timeoutMs: 45_000 }

/** A running keepalive of 20 s and 45 s, a record of its calls, and a peer that answers after `roundTripMs`. */
function setUp({ timing = usualTiming, roundTripMs = -1, passedBytes = () => Number.NaN } = {}) {
  const clock = new FakeClock()
  const pings: { atMs: number; id: number }[] = []
  const deaths: { atMs: number; silentMs: number }[] = []
  const keepalive = new Keepalive({
    ...checkKeepaliveTiming(timing),
    clock,
    roundTrip: new RoundTrip(),
    peerPings: new PeerPings(passedBytes),
    ping(id) {
      pings.push({ atMs: clock.now(), id })
      if (roundTripMs >= 0) clock.setTimeout(() => keepalive.pong(id), roundTripMs)
    },
    dead: (silentMs) => deaths.push({ atMs: clock.now(), silentMs }),
  })
  return { clock, keepalive, pings, deaths, pingTimes: () => pings.map(({ atMs }) => atMs) }
}

describe('Keepalive', () => {
  test('start pings immediately, then every period while the peer answers', () => {
    const { clock, keepalive, pingTimes } = setUp({ roundTripMs: 5 })
    keepalive.start()
    clock.advance(60_000)
    expect(pingTimes()).toEqual([0, 20_000, 40_000, 60_000])
  })

  test('pings go on while data arrives, for the boxes in between', () => {
    const { clock, keepalive, pingTimes } = setUp()
    keepalive.start()
    for (let second = 0; second < 60; second++) {
      keepalive.received()
      clock.advance(1000)
    }
    expect(pingTimes()).toEqual([0, 20_000, 40_000, 60_000])
  })

  test('pings of the peer serve for its own while the link is quiet', () => {
    const { clock, keepalive, pingTimes } = setUp({ passedBytes: () => 0 })
    keepalive.start()
    pingedEvery(20_000, 10, { clock, keepalive })
    expect(pingTimes()).toEqual([0])
  })

  test('pings of the peer do not replace our own while data passes, since only ours measure the round trip', () => {
    let bytes = 0
    const { clock, keepalive, pingTimes } = setUp({ passedBytes: () => (bytes += 10_000) })
    keepalive.start()
    pingedEvery(20_000, 2, { clock, keepalive })
    expect(pingTimes()).toEqual([0, 20_000, 40_000])
  })

  test('a peer that stops pinging is pinged, and dead at the deadline', () => {
    const { clock, keepalive, pingTimes, deaths } = setUp({ passedBytes: () => 0 })
    keepalive.start()
    clock.advance(15_000)
    keepalive.peerPinged()
    clock.advance(300_000)
    const silentMs = (deaths[0]?.atMs ?? 0) - 15_000
    expect(pingTimes()).toEqual([0, 35_250, 55_250])
    expect({ late: silentMs >= 45_000, inTime: silentMs <= (45_000 * 9) / 8 }).toEqual({ late: true, inTime: true })
  })

  test('a silent peer is looked at when something is due, not all the time', () => {
    const { clock, keepalive } = setUp()
    keepalive.start()
    const armed = vi.spyOn(clock, 'setTimeout')
    clock.advance(44_999)
    expect(armed).toHaveBeenCalledTimes(3)
  })

  test('a peer that never says a word is dead exactly at the deadline', () => {
    const { clock, keepalive, deaths } = setUp()
    keepalive.start()
    clock.advance(300_000)
    expect(deaths).toEqual([{ atMs: 45_000, silentMs: 45_000 }])
  })

  test('a peer that falls silent is dead between the deadline and an eighth more', () => {
    const { clock, keepalive, deaths } = setUp()
    keepalive.start()
    clock.advance(33_333)
    keepalive.received()
    clock.advance(300_000)
    const silentMs = (deaths[0]?.atMs ?? 0) - 33_333
    expect({ deaths: deaths.length, late: silentMs >= 45_000, inTime: silentMs <= (45_000 * 9) / 8 }).toEqual({
      deaths: 1,
      late: true,
      inTime: true,
    })
  })

  test.each(['received', 'pong'] as const)('%s keeps the peer alive', (life) => {
    const { clock, keepalive, deaths } = setUp()
    keepalive.start()
    for (let minute = 0; minute < 10; minute++) {
      clock.advance(40_000)
      keepalive[life](0)
    }
    expect(deaths).toEqual([])
  })

  test('silence while paused is not the peer being dead', () => {
    const { clock, keepalive, deaths } = setUp()
    keepalive.start()
    keepalive.pause()
    clock.advance(600_000)
    expect(deaths).toEqual([])
  })

  test('pings go on while paused, since the peer has a deadline too', () => {
    const { clock, keepalive, pingTimes } = setUp()
    keepalive.start()
    keepalive.pause()
    clock.advance(40_000)
    expect(pingTimes()).toEqual([0, 20_000, 40_000])
  })

  test('after resume the deadline starts again', () => {
    const { clock, keepalive, deaths } = setUp()
    keepalive.start()
    keepalive.pause()
    clock.advance(600_000)
    keepalive.resume()
    clock.advance(44_999)
    const early = deaths.length
    clock.advance(7000)
    expect({ early, deaths: deaths.length }).toEqual({ early: 0, deaths: 1 })
  })

  test('after a suspension it pings before it judges', () => {
    const { clock, keepalive, pingTimes, deaths } = setUp({ roundTripMs: 10 })
    keepalive.start()
    clock.advance(1000)
    clock.jump(3_600_000)
    clock.advance(1000)
    expect({ lastPingTime: pingTimes().at(-1), deaths }).toEqual({ lastPingTime: 3_601_000, deaths: [] })
  })

  test('after a suspension a peer that does not answer within 5 s is dead', () => {
    const { clock, keepalive, deaths } = setUp()
    keepalive.start()
    clock.jump(3_600_000)
    clock.advance(4999)
    const early = deaths.length
    clock.advance(1)
    expect({ early, deaths: deaths.length }).toEqual({ early: 0, deaths: 1 })
  })

  test('roundTripMs comes from the first ping', () => {
    const { clock, keepalive } = setUp({ roundTripMs: 80 })
    keepalive.start()
    const before = keepalive.roundTripMs
    clock.advance(80)
    expect({ before, roundTripMs: keepalive.roundTripMs }).toEqual({ before: undefined, roundTripMs: 80 })
  })

  test('roundTripMs and its variation follow new samples by the gains of RFC 6298', () => {
    const { clock, keepalive, pings } = setUp()
    keepalive.start()
    clock.advance(80)
    keepalive.pong(pings[0]!.id)
    clock.advance(19_920 + 160)
    keepalive.pong(pings[1]!.id)
    expect({
      roundTripMs: keepalive.roundTripMs,
      roundTripVariationMs: keepalive.roundTripVariationMs,
      minRoundTripMs: keepalive.minRoundTripMs,
    }).toEqual({ roundTripMs: 90, roundTripVariationMs: 50, minRoundTripMs: 80 })
  })

  test('a ping repeated before its answer yields one sample, from the first', () => {
    const { clock, keepalive, pings } = setUp({ roundTripMs: 30_000 })
    keepalive.start()
    clock.advance(55_000)
    expect({ set: new Set(pings.slice(0, 2).map(({ id }) => id)).size, roundTripMs: keepalive.roundTripMs }).toEqual({
      set: 1,
      roundTripMs: 30_000,
    })
  })

  test('pong with another id measures nothing', () => {
    const { clock, keepalive, pings } = setUp()
    keepalive.start()
    clock.advance(50)
    keepalive.pong(pings[0]!.id + 1)
    expect(keepalive.roundTripMs).toBeUndefined()
  })

  test('a suspension spoils no measurement', () => {
    const { clock, keepalive, pings } = setUp()
    keepalive.start()
    clock.jump(3_600_000)
    clock.advance(0)
    keepalive.pong(pings[0]!.id)
    expect(keepalive.roundTripMs).toBeUndefined()
  })

  test.each([
    ['a peer that answers', 5, false],
    ['a peer that is silent', -1, true],
  ])('overdue of %s is right 1.5 s after a ping', (_title, roundTripMs, isOverdue) => {
    const { clock, keepalive } = setUp({ roundTripMs })
    keepalive.start()
    clock.advance(1500)
    expect(keepalive.overdue).toBe(isOverdue)
  })

  test('overdue stays when a silent peer is pinged again, and ends with a sign of life', () => {
    const { clock, keepalive } = setUp()
    clock.advance(10)
    keepalive.start()
    keepalive.hasten()
    clock.advance(5100)
    const before = keepalive.overdue
    keepalive.received()
    expect({ before, overdue: keepalive.overdue }).toEqual({ before: true, overdue: false })
  })

  test('silentMs is the time since the last sign of life, less a part of a check', () => {
    const { clock, keepalive } = setUp()
    keepalive.start()
    clock.advance(30_000)
    keepalive.received()
    clock.advance(20_000)
    // Checks are 5625 ms apart.
    expect(keepalive.silentMs).toBe(14_375)
  })

  test('silentMs is 0 while reading has stopped', () => {
    const { clock, keepalive } = setUp()
    keepalive.start()
    keepalive.pause()
    clock.advance(60_000)
    expect(keepalive.silentMs).toBe(0)
  })

  test('hasten pings immediately, then every 5 s', () => {
    const { clock, keepalive, pingTimes } = setUp({ roundTripMs: 5 })
    keepalive.start()
    clock.advance(1000)
    keepalive.hasten()
    clock.advance(11_000)
    expect(pingTimes()).toEqual([0, 1000, 6000, 11_000])
  })

  test.each([
    ['3 s at least', 5, 5000 + 3000],
    ['4 timeouts of a slow path', 1000, 5000 + 4 * 3000],
    ['no more than the deadline given', 4000, 45_000],
  ])('hasten waits for an answer for %s', (_title, roundTripMs, timeoutMs) => {
    const { clock, keepalive } = setUp({ roundTripMs })
    keepalive.hasten()
    keepalive.start()
    clock.advance(4500)
    expect(keepalive.timeoutMs).toBe(timeoutMs)
  })

  test('hasten assumes 1 s for a path that was never measured', () => {
    const { clock, keepalive, deaths } = setUp()
    keepalive.start()
    keepalive.hasten()
    clock.advance(60_000)
    expect(deaths).toEqual([{ atMs: 9000, silentMs: 9000 }])
  })

  test('hasten does not lengthen a shorter timing', () => {
    const { clock, keepalive, pingTimes, deaths } = setUp({ timing: { periodMs: 1000, timeoutMs: 3000 } })
    keepalive.hasten()
    keepalive.start()
    clock.advance(60_000)
    expect({ pingTimes: pingTimes(), atMs: deaths[0]?.atMs }).toEqual({ pingTimes: [0, 1000, 2000], atMs: 3000 })
  })

  describe('probe', () => {
    /** A hasty keepalive whose peer answered the ping of the first second, and nothing since. */
    function setUpSilent(silentForMs: number) {
      const all = setUp()
      all.clock.advance(1)
      all.keepalive.hasten()
      all.keepalive.start()
      all.clock.advance(10)
      all.keepalive.received()
      // Checks are 1125 ms apart, and note the time of what arrived before.
      all.clock.advance(1115 + silentForMs)
      return all
    }

    test.each([
      ['heard within the last second', 900, [1]],
      ['silent for longer', 1000, [1, 2126]],
    ])('pings a peer that was %s', (_what, silentForMs, expected) => {
      const { keepalive, pingTimes } = setUpSilent(silentForMs)
      keepalive.probe()
      expect(pingTimes()).toEqual(expected)
    })

    test('pings once for many users', () => {
      const { keepalive, pings, clock } = setUpSilent(2000)
      for (let user = 0; user < 5; user++) {
        keepalive.probe()
        clock.advance(10)
      }
      expect(pings).toHaveLength(2)
    })

    test('makes a peer overdue after a second, and dead after four', () => {
      const { keepalive, clock, deaths } = setUpSilent(1000)
      const probedAtMs = clock.now()
      keepalive.probe()
      clock.advance(1001)
      const { overdue } = keepalive
      clock.advance(60_000)
      expect({ overdue, afterMs: deaths[0]!.atMs - probedAtMs }).toEqual({ overdue: true, afterMs: 4000 })
    })

    test('changes nothing for a peer that answers', () => {
      const { keepalive, clock, deaths } = setUpSilent(1000)
      keepalive.probe()
      clock.advance(3000)
      keepalive.received()
      clock.advance(8000)
      expect(deaths).toEqual([])
    })

    test('forgives the silence of a process that was suspended', () => {
      const { keepalive, clock, deaths } = setUpSilent(1000)
      const now = clock.now.bind(clock)
      vi.spyOn(clock, 'now').mockImplementation(() => now() + 60_000)
      keepalive.probe()
      clock.advance(10)
      expect(deaths).toEqual([])
    })
  })

  test('stop leaves no timer behind', () => {
    const { clock, keepalive } = setUp()
    keepalive.start()
    keepalive.stop()
    expect(clock.pendingTimers).toBe(0)
  })

  test('start after stop does nothing', () => {
    const { clock, keepalive, pings } = setUp()
    keepalive.stop()
    keepalive.start()
    expect({ pendingTimers: clock.pendingTimers, pings }).toEqual({ pendingTimers: 0, pings: [] })
  })

  test('a dead peer leaves no timer behind', () => {
    const { clock, keepalive } = setUp()
    keepalive.start()
    clock.advance(45_000)
    expect(clock.pendingTimers).toBe(0)
  })
})

/** Lets the peer ping `count` times, for the first time after one period, while time passes. */
function pingedEvery(
  periodMs: number,
  count: number,
  { clock, keepalive }: Pick<ReturnType<typeof setUp>, 'clock' | 'keepalive'>,
) {
  for (let ping = 0; ping < count; ping++) {
    clock.advance(periodMs - 1)
    keepalive.peerPinged()
    clock.advance(1)
  }
}
