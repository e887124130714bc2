import { silentLogger } from '@ls/foundation'
import { FakeClock } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { RefusalLog } from './refusal-log.js'

describe('RefusalLog.add', () => {
  test('writes address and reason in one line', () => {
    const { log, lines } = logging()
    log.add('203.0.113.7', 'invalid token')
    expect(lines).toEqual([
      [{ remoteAddress: '203.0.113.7', reason: 'invalid token' }, 'refused 203.0.113.7: invalid token'],
    ])
  })

  test('writes 10 lines a minute for one address', () => {
    const { log, lines } = logging()
    for (let count = 0; count < 50; count++) log.add('203.0.113.7', 'invalid token')
    expect(lines).toHaveLength(10)
  })

  test('counts a /64 of IPv6 as one address', () => {
    const { log, lines } = logging()
    for (let count = 0; count < 50; count++) log.add(`2001:db8::${count}`, 'invalid token')
    expect(lines).toHaveLength(10)
  })

  test('writes 300 lines a minute for all', () => {
    const { log, lines } = logging()
    for (let count = 0; count < 1000; count++) log.add(`10.0.${count >> 8}.${count & 255}`, 'invalid token')
    expect(lines).toHaveLength(300)
  })

  test('says in the next minute how many it kept back', () => {
    const { log, lines, clock } = logging()
    for (let count = 0; count < 13; count++) log.add('203.0.113.7', 'invalid token')
    clock.advance(60_000)
    log.add('203.0.113.7', 'invalid token')
    expect(lines.at(-1)?.[0]).toMatchObject({ before: 3 })
  })
})

function logging() {
  const clock = new FakeClock()
  const lines: unknown[][] = []
  const log = new RefusalLog(clock, { ...silentLogger, info: (...line: unknown[]) => void lines.push(line) })
  return { log, lines, clock }
}
