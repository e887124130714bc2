import { describe, expect, test } from 'vitest'
import { Policy } from '../policy/policy.js'
import { isCurrent, Quota, quotaFault, type QuotaUse, type UsedAmounts } from './quota.js'

const nowMs = Date.parse('2026-11-26T12:00:00Z')
const nextDayMs = Date.parse('2026-11-27T00:00:00Z')
const nextMonthMs = Date.parse('2026-12-01T00:00:00Z')

function make(used?: UsedAmounts) {
  const events: string[] = []
  const { quota: limits } = Policy.parse({ quota: { day: 100, month: 150 } })
  if (limits === undefined) throw new Error('there is no quota')
  const add = (what: string) => (use: QuotaUse) => void events.push(`${what} ${use.period} ${use.usedBytes}`)
  return { quota: new Quota({ limits, used, onWarning: add('warning'), onUsedUp: add('used up') }), events }
}

describe('Quota', () => {
  test('is exceeded by the byte that uses it up', () => {
    const { quota } = make()
    quota.add(99, nowMs)
    const before = quota.exceeded(nowMs)
    quota.add(1, nowMs)
    expect({ before, period: quota.exceeded(nowMs)?.period }).toEqual({ before: undefined, period: 'day' })
  })

  test('starts at 0 on the next day of UTC, and continues the month', () => {
    const { quota } = make()
    quota.add(100, nowMs)
    expect(quota.uses(nextDayMs).map(({ usedBytes }) => usedBytes)).toEqual([0, 100])
  })

  test('is exceeded until the month ends, where the month is used up', () => {
    const { quota } = make()
    quota.add(100, nowMs)
    quota.add(60, nextDayMs)
    expect(quota.exceeded(nextDayMs)).toMatchObject({ period: 'month', endsAtMs: nextMonthMs })
  })

  test('warns once a period at 80 %, and reports once that all is used', () => {
    const { quota, events } = make()
    for (let count = 0; count < 12; count++) quota.add(10, nowMs)
    expect(events).toEqual(['warning day 80', 'used up day 100', 'warning month 120'])
  })

  test('counts what other nodes have counted in the same period', () => {
    const { quota, events } = make()
    quota.add(60, nowMs)
    quota.setElsewhere(
      [
        { day: { period: '2026-11-26', bytes: 30 }, month: { period: '2026-11', bytes: 30 } },
        { day: { period: '2026-11-25', bytes: 90 } },
      ],
      nowMs,
    )
    quota.add(20, nowMs)
    expect({ events, own: quota.amounts().day?.bytes, used: quota.exceeded(nowMs)?.usedBytes }).toEqual({
      events: ['warning day 90', 'used up day 110'],
      own: 80,
      used: 110,
    })
  })

  test('starts no new period when the clock is set back', () => {
    const { quota } = make()
    quota.add(100, nowMs)
    expect(quota.exceeded(0)?.usedBytes).toBe(100)
  })

  test('starts no new period when the clock is set back by less than a period', () => {
    const { quota } = make()
    quota.add(100, nextDayMs)
    expect(quota.exceeded(nowMs)?.usedBytes).toBe(100)
  })

  test.each(['2026-11-29T12:00:00Z', '2027-02-01T00:00:00Z', '2099-01-01T00:00:00Z'])(
    'begins the day of now where the clock had jumped to %s',
    (at) => {
      const { quota } = make()
      quota.add(100, Date.parse(at))
      expect(quota.uses(nowMs)[0]).toMatchObject({ usedBytes: 0, endsAtMs: nextDayMs })
    },
  )

  test('begins the month of now where the clock had jumped by years', () => {
    const { quota } = make()
    quota.add(150, Date.parse('2099-01-01T00:00:00Z'))
    expect({ now: quota.exceeded(nowMs), nextMonth: quota.exceeded(nextMonthMs) }).toEqual({
      now: undefined,
      nextMonth: undefined,
    })
  })

  test('starts at 0 after a period that is not valid', () => {
    const { quota } = make({ day: { period: 'zzzz', bytes: 100 } })
    expect(quota.exceeded(nowMs)).toBeUndefined()
  })

  test('continues with the bytes used before', () => {
    const { quota } = make()
    quota.add(70, nowMs)
    expect(make(quota.amounts()).quota.uses(nowMs)).toEqual(quota.uses(nowMs))
  })
})

test('quotaFault names the limit and its end', () => {
  const use = { period: 'day', usedBytes: 120, limitBytes: 100, endsAtMs: nextDayMs } as const
  expect(quotaFault(use)).toBe('the quota of 100 bytes a day is used up until 2026-11-27T00:00:00.000Z')
})

test.each([
  [nextDayMs, true],
  [nextMonthMs, false],
  [0, true],
  [Date.parse('2026-09-01T00:00:00Z'), false],
])('isCurrent at %d is %s for bytes of 26 November', (atMs, expected) => {
  const { quota } = make()
  quota.add(1, nowMs)
  expect(isCurrent(quota.amounts(), atMs)).toBe(expected)
})
