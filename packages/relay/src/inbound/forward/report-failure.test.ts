import { RareLog, silentLogger } from '@ls/foundation'
import { FakeClock } from '@ls/testkit'
import { expect, test } from 'vitest'
import type { Failure } from '../../errors.js'
import { parseForward } from './forward-spec.js'
import { reportFailure } from './report-failure.js'

test('reportFailure says one rare line for a port, whatever its targets', () => {
  const lines: unknown[] = []
  const logger = { ...silentLogger, warn: (...line: unknown[]) => void lines.push(line) }
  const options = {
    logger,
    rareLog: new RareLog(new FakeClock(), logger),
    pick: () => Promise.reject(new Error('none')),
  }
  const failure: Failure = { word: 'no-provider', detail: 'none came' }
  for (const target of ['a', 'b', 'c']) reportFailure(parseForward(`udp:0.0.0.0:5353=${target}:53`), failure, options)
  expect(lines).toEqual([
    [{ reason: 'a:53: no-provider: none came' }, 'connections at udp 0.0.0.0:5353 do not reach their target'],
  ])
})
