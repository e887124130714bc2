import { FakeClock } from '@ls/testkit'
import { expect, test } from 'vitest'
import { FairQueue } from './fair-queue.js'
import { type CacheableResult, QueryCache } from './query-cache.js'

function deskOf({ maxRunning = 10, maxWaitingPerTenant = 10, maxKept = 10 } = {}) {
  const clock = new FakeClock()
  const asked: string[] = []
  const answers = new Map<string, (finding: CacheableResult<string>) => void>()
  const desk = new QueryCache<string>({
    queue: new FairQueue({ maxRunning, maxWaitingPerTenant }),
    ask: (key) => {
      asked.push(key)
      return new Promise((resolve) => answers.set(key, resolve))
    },
    timeoutMs: 100,
    onTimeout: () => 'timeout',
    onFull: () => 'full',
    maxKept,
    clock,
  })
  const heard: string[] = []
  const query = (key: string): (() => void) => desk.query(key, 'a', (value) => heard.push(value))
  const answer = async (key: string, value: string, keepMs = 0): Promise<void> => {
    answers.get(key)?.({ value, keepMs })
    await Promise.resolve()
    await Promise.resolve()
  }
  return { clock, asked, heard, query, answer }
}

test('QueryCache asks once for what many want to know at the same time', async () => {
  const { asked, heard, query, answer } = deskOf()
  query('x')
  query('x')
  await answer('x', '1')
  expect({ asked, heard }).toEqual({ asked: ['x'], heard: ['1', '1'] })
})

test('QueryCache answers immediately from its cache', async () => {
  const { asked, heard, query, answer } = deskOf()
  query('x')
  await answer('x', '1', 50)
  query('x')
  expect({ asked, heard }).toEqual({ asked: ['x'], heard: ['1', '1'] })
})

test('QueryCache asks again when the time to keep is over', async () => {
  const { clock, asked, query, answer } = deskOf()
  query('x')
  await answer('x', '1', 50)
  clock.advance(50)
  query('x')
  expect(asked).toEqual(['x', 'x'])
})

test('QueryCache forgets the oldest at the limit', async () => {
  const { asked, query, answer } = deskOf({ maxKept: 1 })
  for (const key of ['x', 'y']) {
    query(key)
    await answer(key, '1', 50)
  }
  query('x')
  expect(asked).toEqual(['x', 'y', 'x'])
})

test('QueryCache stops waiting after its timeout and still keeps what comes later', async () => {
  const { clock, heard, query, answer } = deskOf()
  query('x')
  clock.advance(100)
  await answer('x', '1', 50)
  query('x')
  expect(heard).toEqual(['timeout', '1'])
})

test('QueryCache calls no caller that has given up', async () => {
  const { heard, query, answer } = deskOf()
  query('x')()
  await answer('x', '1')
  expect(heard).toEqual([])
})

test('QueryCache sends no query for callers that gave up while they waited', async () => {
  const { asked, query, answer } = deskOf({ maxRunning: 1 })
  query('x')
  query('y')()
  await answer('x', '1')
  expect(asked).toEqual(['x'])
})

test('QueryCache refuses where too many wait', () => {
  const { heard, query } = deskOf({ maxRunning: 1, maxWaitingPerTenant: 1 })
  for (const key of ['x', 'y', 'z']) query(key)
  expect(heard).toEqual(['full'])
})
