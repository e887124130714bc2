import { connect } from 'node:net'
import { RareLog, silentLogger, systemClock } from '@ls/foundation'
import { ChannelSlots } from '@ls/relay'
import { onceEvent } from '@ls/testkit'
import { expect, test } from 'vitest'
import { resolveServerOptions } from '../options/resolve-options.js'
import { Policy } from '../policy/policy.js'
import { TokenUse } from '../policy/token-use.js'
import { QuotaBook } from '../quota/quota-book.js'
import { TokenRegistry } from '../tokens/token-registry.js'
import { ReverseGroup } from './reverse-group.js'

test('ReverseGroup refuses connections at its port once all tokens have as many descriptors as they may', async () => {
  const place = { port: 0, host: '127.0.0.1', allowManageConnector: false, username: undefined, password: undefined }
  const record = new TokenRegistry().add({ kind: 'reverse', token: 'r', ...place })
  const slots = new ChannelSlots({ limit: 0, what: 'channels of all tokens (ulimit -n)' })
  const server = { ...resolveServerOptions({}), slots }
  const group = new ReverseGroup({
    record,
    socksNowait: true,
    server,
    use: () => undefined,
    onListening() {},
    onError() {},
  })
  await group.socks.listen()
  const socket = connect(group.socks.number, '127.0.0.1').on('error', () => {})
  socket.write('CONNECT a.example:80 HTTP/1.1\r\nHost: a.example:80\r\n\r\n')
  const [answer] = (await onceEvent(socket, 'data')) as [Buffer]
  socket.destroy()
  await group.close(0)
  expect(answer.toString()).toMatch(
    /^HTTP\/1\.1 503 [^]*the limit of 0 channels of all tokens \(ulimit -n\) is reached/,
  )
})

test('ReverseGroup.sourceFor gives the rules and the rate that the policy has now', () => {
  const place = { port: -1, host: '127.0.0.1', allowManageConnector: false, username: undefined, password: undefined }
  const record = new TokenRegistry().add({ kind: 'reverse', token: 'r', ...place })
  const server = resolveServerOptions({})
  const policy = Policy.parse({ deny: [':25'], rate: { up: 2000 } })
  const rareLog = new RareLog(systemClock, silentLogger)
  const use = new TokenUse({ record, policy, server, rareLog, quotas: new QuotaBook(undefined) })
  const group = new ReverseGroup({ record, socksNowait: false, server, use: () => use, onListening() {}, onError() {} })
  const { entryRules, portPace: pace } = use
  const source = group.sourceFor(undefined)
  expect(source).toMatchObject({ entryRules, pace })
  use.change(Policy.parse({}))
  expect({ entryRules: source.entryRules, pace: source.pace }).toEqual({
    entryRules: use.entryRules,
    pace: use.portPace,
  })
})
