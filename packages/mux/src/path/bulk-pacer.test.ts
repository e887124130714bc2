import { FakeClock } from '@ls/testkit'
import { expect, test } from 'vitest'
import { BulkPacer, paceOf } from './bulk-pacer.js'

const rate = 10_000
/** Bytes that may leave in one burst: 20 ms at the rate. */
const burstBytes = 200_000

function make(given: { readonly rate: number | undefined } = { rate }) {
  const clock = new FakeClock()
  const dueAtMs: number[] = []
  const pacer = new BulkPacer(clock, () => dueAtMs.push(clock.now()))
  pacer.setRate(given.rate)
  return { clock, pacer, dueAtMs }
}

test('BulkPacer holds nothing back without a rate', () => {
  const { pacer } = make({ rate: undefined })
  pacer.sent(100 * burstBytes)
  expect(pacer.holdsBack).toBe(false)
})

test('BulkPacer lets 20 ms of its rate leave in one burst', () => {
  const { pacer } = make()
  pacer.sent(burstBytes)
  const before = pacer.holdsBack
  pacer.sent(1)
  expect({ before, after: pacer.holdsBack }).toEqual({ before: false, after: true })
})

test('BulkPacer calls once the bytes beyond its burst have had their time', () => {
  const { clock, pacer, dueAtMs } = make()
  const startMs = clock.now()
  pacer.sent(burstBytes + 30_000)
  const asked = [pacer.holdsBack, pacer.holdsBack]
  clock.advance(100)
  const waitedMs = dueAtMs.map((atMs) => atMs - startMs)
  expect({ asked, waitedMs, after: pacer.holdsBack }).toEqual({ asked: [true, true], waitedMs: [3], after: false })
})

test('BulkPacer lets no more leave in one burst after a pause', () => {
  const { clock, pacer } = make()
  clock.advance(10_000)
  pacer.sent(burstBytes + 1)
  expect(pacer.holdsBack).toBe(true)
})

test('BulkPacer.stop takes back the call, and forgets the rate', () => {
  const { clock, pacer, dueAtMs } = make()
  pacer.sent(2 * burstBytes)
  void pacer.holdsBack
  pacer.stop()
  clock.advance(1000)
  expect({ dueAtMs, holdsBack: pacer.holdsBack }).toEqual({ dueAtMs: [], holdsBack: false })
})

test.each([
  { name: '100 Mbit/s at 200 ms', mbit: 100, baseMs: 200, pace: 15_625 },
  { name: '100 Mbit/s at 50 ms', mbit: 100, baseMs: 50, pace: undefined },
  { name: 'a machine that is busy', mbit: 10_000, baseMs: 5, pace: undefined },
])('paceOf has $pace bytes a millisecond for $name', ({ mbit, baseMs, pace }) => {
  expect(paceOf(mbit * 125, baseMs)).toBe(pace)
})

test.each([
  { name: 'others that fill the path', bytes: 1_200_000, pace: 3906.25 },
  { name: 'others that have little', bytes: 600_000, pace: undefined },
  { name: 'others that have far more', bytes: 12_000_000, pace: undefined },
])('paceOf has $pace bytes a millisecond for 25 Mbit/s at 200 ms beside $name', ({ bytes, pace }) => {
  expect(paceOf(25 * 125, 200, { links: 3, bytes })).toBe(pace)
})
