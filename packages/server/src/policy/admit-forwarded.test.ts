import { RareLog, silentLogger, systemClock } from '@ls/foundation'
import type { Channel } from '@ls/mux'
import { until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { resolveServerOptions } from '../options/resolve-options.js'
import { QuotaBook } from '../quota/quota-book.js'
import { TokenRegistry } from '../tokens/token-registry.js'
import { admitForwarded } from './admit-forwarded.js'
import { Policy } from './policy.js'
import { TokenUse } from './token-use.js'

test('admitForwarded refuses a channel that could not be passed on', async () => {
  const use = new TokenUse({
    record: new TokenRegistry().add({ kind: 'forward', token: 't' }),
    policy: Policy.parse({ deny: [':25'] }),
    server: resolveServerOptions({}),
    rareLog: new RareLog(systemClock, silentLogger),
    quotas: new QuotaBook(undefined),
  })
  const refusals: string[] = []
  const reject = (error: string): void => void refusals.push(error)
  const channel = { state: 'opening', address: { host: '192.0.2.1', port: 80 }, reject } as unknown as Channel
  admitForwarded(channel, use, () => {
    throw new TypeError('a fault of ours')
  })
  await until(() => refusals.length > 0, 'the refusal')
  expect(refusals).toEqual(['failed: a fault of ours'])
})
