import { describe, expect, test } from 'vitest'
import { Hours } from './hours.js'

/** 2026-11-26 is a Thursday. */
function at(day: number, time: string): number {
  return Date.parse(`2026-11-${day}T${time}:00Z`)
}

describe('Hours.include', () => {
  test.each([
    ['08:00-18:00', at(26, '08:00'), true],
    ['08:00-18:00', at(26, '18:00'), false],
    ['mon-fri 08:00-18:00', at(26, '12:00'), true],
    ['mon-fri 08:00-18:00', at(28, '12:00'), false],
    ['fri-mon 00:00-24:00', at(29, '23:59'), true],
    ['fri-mon 00:00-24:00', at(26, '23:59'), false],
    ['Thu 22:00-02:00', at(26, '23:00'), true],
    ['thu 22:00-02:00', at(27, '01:59'), true],
    ['thu 22:00-02:00', at(26, '01:59'), false],
    ['sat 22:00-02:00', at(29, '01:00'), true],
  ])('of %s', (span, timeMs, expected) => {
    expect(new Hours([span], 'UTC').include(timeMs)).toBe(expected)
  })

  test('counts in the zone, with its summer time', () => {
    const hours = new Hours(['08:00-09:00'], 'Europe/Berlin')
    expect({ local: hours.include(at(26, '07:30')), utc: hours.include(Date.parse('2026-07-01T06:30:00Z')) }).toEqual({
      local: true,
      utc: true,
    })
  })

  test('is true if one of several spans is', () => {
    expect(new Hours(['mon 08:00-09:00', 'thu 10:00-11:00'], 'UTC').include(at(26, '10:30'))).toBe(true)
  })
})

describe('Hours', () => {
  test.each(['', '8-18', '08:00', '08:60-09:00', '25:00-26:00', 'xyz 08:00-09:00', '08:00-08:00', 'mon- 08:00-09:00'])(
    'rejects the span "%s"',
    (span) => {
      expect(() => new Hours([span])).toThrow(`"${span}" is no time such as`)
    },
  )

  test('rejects a zone that is none', () => {
    expect(() => new Hours(['08:00-18:00'], 'Mars/Olympus')).toThrow('"Mars/Olympus" is no time zone')
  })
})
