import { FakeClock } from '@ls/testkit'
import { expect, test } from 'vitest'
import { silentLogger } from './logger.js'
import { RareLog } from './rare-log.js'

test('RareLog.warn says each text once in 10 s, and then how many it kept back', () => {
  const clock = new FakeClock()
  const lines: unknown[] = []
  const log = new RareLog(clock, { ...silentLogger, warn: (...line: unknown[]) => void lines.push(line) })
  for (let count = 0; count < 4; count++) log.warn('full', 'why')
  log.warn('else', 'why')
  clock.advance(10_000)
  log.warn('full', 'why')
  expect(lines).toEqual([
    [{ reason: 'why' }, 'full'],
    [{ reason: 'why' }, 'else'],
    [{ reason: 'why', before: 3 }, 'full'],
  ])
})

test('RareLog.warn remembers the last 1000 texts', () => {
  const said: string[] = []
  const log = new RareLog(new FakeClock(), { ...silentLogger, warn: (_fields, line = '') => void said.push(line) })
  for (let count = 0; count <= 1000; count++) log.warn(`text ${count}`, 'why')
  said.length = 0
  for (const count of [1, 1000, 0]) log.warn(`text ${count}`, 'why')
  expect(said).toEqual(['text 0'])
})
