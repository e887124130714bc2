import { FakeClock } from '@ls/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Answer, type AttemptReport, type Family, Race, type RaceOptions } from './race.js'

/** A race whose steps are recorded as `MS what`. */
function rehearse(options: Partial<RaceOptions<string>> = {}) {
  const clock = new FakeClock()
  const log: string[] = []
  const reports = new Map<string, AttemptReport<string>>()
  const note = (text: string): void => void log.push(`${clock.now()} ${text}`)
  const race = new Race<string>({
    clock,
    attempt: (address, report) => {
      note(`try ${address}`)
      reports.set(address, report)
      return () => note(`end ${address}`)
    },
    onWon: (value) => note(`won ${value}`),
    onFailed: (error) => note(`failed ${(error as NodeJS.ErrnoException).code ?? error.message}`),
    ...options,
  })
  const lose = (address: string, code: string): void => reports.get(address)?.lost(errno(code))
  const win = (address: string): void => reports.get(address)?.won(address)
  return { clock, log, race, lose, win }
}

function errno(code: string): Error {
  return Object.assign(new Error(code), { code })
}

const some = (...addresses: string[]): Answer => ({ addresses })
const none: Answer = { addresses: [] }

describe('Race begins', () => {
  test.each<[string, [atMs: number, family: Family, answer: Answer][], string[]]>([
    ['with IPv6 as soon as it is known', [[5, 6, some('::1')]], ['5 try ::1']],
    ['with IPv4 50 ms after its answer, where IPv6 is not known', [[5, 4, some('1')]], ['55 try 1']],
    [
      'with IPv6 where it is known within 50 ms',
      [
        [5, 4, some('1')],
        [40, 6, some('::1')],
      ],
      ['40 try ::1', '290 try 1'],
    ],
    [
      'with IPv4 at once where there is no IPv6',
      [
        [5, 6, none],
        [9, 4, some('1')],
      ],
      ['9 try 1'],
    ],
    [
      'with IPv4 at once when IPv6 turns out not to be',
      [
        [5, 4, some('1')],
        [20, 6, none],
      ],
      ['20 try 1'],
    ],
    [
      'with the families by turns, 250 ms apart',
      [
        [0, 6, some('::1', '::2', '::3')],
        [0, 4, some('1', '2')],
      ],
      ['0 try ::1', '250 try 1', '500 try ::2', '750 try 2', '1000 try ::3'],
    ],
    [
      'with a late answer at once where the last attempt is old enough',
      [
        [0, 6, some('::1')],
        [300, 4, some('1')],
      ],
      ['0 try ::1', '300 try 1'],
    ],
    [
      'with a late answer 250 ms after the last attempt',
      [
        [0, 6, some('::1')],
        [100, 4, some('1')],
      ],
      ['0 try ::1', '250 try 1'],
    ],
    [
      'with late IPv6 when its turn has come',
      [
        [0, 4, some('1', '2')],
        [100, 6, some('::1')],
      ],
      ['50 try 1', '300 try ::1', '550 try 2'],
    ],
    [
      'with an address once',
      [
        [0, 6, none],
        [0, 4, some('1', '1')],
      ],
      ['0 try 1'],
    ],
  ])('%s', (_title, answers, expected) => {
    const { clock, log, race } = rehearse()
    for (const [atMs, family, answer] of answers) clock.setTimeout(() => race.answer(family, answer), atMs)
    clock.advance(9000)
    expect(log).toEqual(expected)
  })
})

describe('Race', () => {
  test('ends the other attempts when one has won', () => {
    const { clock, log, race, win } = rehearse()
    race.answer(6, some('::1'))
    race.answer(4, some('1'))
    clock.advance(280)
    win('::1')
    expect(log).toEqual(['0 try ::1', '250 try 1', '280 end 1', '280 won ::1'])
  })

  test('lets an early attempt win that all later ones have failed beside', () => {
    const { clock, log, race, win, lose } = rehearse()
    race.answer(6, none)
    race.answer(4, some('1', '2'))
    clock.advance(300)
    lose('2', 'ECONNREFUSED')
    clock.advance(5000)
    win('1')
    expect(log.at(-1)).toBe('5300 won 1')
  })

  test('begins the next attempt immediately when one fails', () => {
    const { clock, log, race, lose } = rehearse()
    race.answer(6, none)
    race.answer(4, some('1', '2', '3'))
    clock.advance(10)
    lose('1', 'ECONNREFUSED')
    clock.advance(1000)
    expect(log).toEqual(['0 try 1', '10 try 2', '260 try 3'])
  })

  test.each([
    [['ETIMEDOUT', 'ECONNREFUSED'], 'ECONNREFUSED'],
    [['ENETUNREACH', 'ETIMEDOUT'], 'ETIMEDOUT'],
    [['ENETUNREACH', 'EHOSTUNREACH'], 'EHOSTUNREACH'],
    [['EPERM', 'ENETUNREACH'], 'ENETUNREACH'],
    [['EPERM', 'EIO'], 'EPERM'],
  ])('tells of %j as %s', ([first = '', second = ''], told) => {
    const { log, race, lose } = rehearse()
    race.answer(6, some('::1'))
    race.answer(4, some('1'))
    lose('::1', first)
    lose('1', second)
    expect(log.at(-1)).toBe(`0 failed ${told}`)
  })

  test.each([
    [errno('EAI_AGAIN'), errno('ENOTFOUND'), 'EAI_AGAIN'],
    [undefined, errno('EAI_NODATA'), 'EAI_NODATA'],
    [undefined, undefined, 'EAI_NODATA'],
  ])('tells why there is no address: %s, %s', (error6, error4, told) => {
    const { log, race } = rehearse()
    race.answer(6, { addresses: [], error: error6 })
    race.answer(4, { addresses: [], error: error4 })
    expect(log).toEqual([`0 failed ${told}`])
  })

  test('waits for the other family before it fails', () => {
    const { clock, log, race, lose } = rehearse()
    race.answer(6, some('::1'))
    lose('::1', 'ECONNREFUSED')
    clock.advance(900)
    race.answer(4, some('1'))
    expect(log).toEqual(['0 try ::1', '900 try 1'])
  })

  test('skips addresses that the check refuses', () => {
    const { log, race } = rehearse({ check: (address) => (address === '::1' ? new Error('forbidden') : undefined) })
    race.answer(6, some('::1', '::2'))
    expect(log).toEqual(['0 try ::2'])
  })

  test('fails with what the check said where it refuses all', () => {
    const { log, race } = rehearse({ check: () => new Error('forbidden') })
    race.answer(6, { addresses: [], error: errno('EAI_NODATA') })
    race.answer(4, some('1', '2'))
    expect(log).toEqual(['0 failed forbidden'])
  })

  test('begins no more than maxAttempts', () => {
    const { clock, log, race } = rehearse({ maxAttempts: 2 })
    race.answer(6, some('::1', '::2', '::3'))
    race.answer(4, none)
    clock.advance(9000)
    expect(log).toEqual(['0 try ::1', '250 try ::2'])
  })

  test('prefers an earlier, more informative failure', () => {
    const { log, race, lose } = rehearse()
    race.answer(6, some('::1'))
    race.answer(4, some('1'))
    lose('::1', 'ECONNREFUSED')
    race.giveUp(errno('ETIMEDOUT'))
    expect(log).toEqual(['0 try ::1', '0 try 1', '0 end 1', '0 failed ECONNREFUSED'])
  })

  test('says nothing once it was cancelled', () => {
    const { clock, log, race, win } = rehearse()
    race.answer(6, some('::1'))
    race.cancel()
    win('::1')
    race.answer(4, some('1'))
    clock.advance(9000)
    expect(log).toEqual(['0 try ::1', '0 end ::1'])
  })

  test('takes attempts that fail before they return', () => {
    const { log, race } = rehearse({
      attempt: (address, report) => {
        report.lost(errno(address))
        return () => {}
      },
    })
    race.answer(6, some('EHOSTUNREACH', 'ECONNREFUSED'))
    race.answer(4, none)
    expect(log).toEqual(['0 failed ECONNREFUSED'])
  })

  test('ends once, and with every attempt ended, whatever happens when', () => {
    const step = fc.tuple(fc.constantFrom('6', '4', 'lose', 'win', 'wait'), fc.nat(4))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const { clock, log, race, win, lose } = rehearse()
        const play: Record<string, (n: number) => void> = {
          6: (n) => race.answer(6, some(...['a', 'b', 'c', 'd'].slice(0, n))),
          4: (n) => race.answer(4, some(...['1', '2', '3', '4'].slice(0, n))),
          lose: (n) => lose('a1b2c'.charAt(n), 'ECONNREFUSED'),
          win: (n) => win('a1b2c'.charAt(n)),
          wait: (n) => clock.advance(n * 60),
        }
        for (const [what, n] of steps) play[what]?.(n)
        race.giveUp(errno('ETIMEDOUT'))
        const ends = log.filter((line) => / (won|failed) /.test(line))
        expect(ends).toHaveLength(1)
        expect(clock.pendingTimers).toBe(0)
      }),
    )
  })
})
