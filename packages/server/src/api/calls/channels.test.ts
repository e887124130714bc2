import { silentLogger } from '@ls/foundation'
import { FakeClock } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import type { ChannelInfo } from '../../reverse/channel-info.js'
import type { ManagedServer } from '../api-call.js'
import { maxListedChannels, showChannels } from './channels.js'

const channel: ChannelInfo = {
  id: '00000000-0000-0000-0000-000000000001',
  protocol: 'tcp',
  target: { host: 'example.org', port: 443 },
  client: { kind: 'connector', instance: 'ff', remoteAddress: '1.2.3.4' },
  bytesToTarget: 1,
  bytesFromTarget: 2,
  openedAtMs: 100,
  forwarded: true,
}

function show(channels: Iterable<ChannelInfo>) {
  const clock = new FakeClock(1234.6)
  const server = { channels: () => channels } as ManagedServer
  const request = {
    parameter: '',
    query: new URLSearchParams(),
    lastEventId: undefined,
    accept: undefined,
    cookie: undefined,
    isAlone: false,
    dashboard: undefined,
    readBody: () => Promise.resolve(''),
  }
  return showChannels({
    ...request,
    server,
    clock,
    writeMetrics: undefined,
    setLogLevel: undefined,
    requestRestart: undefined,
    logger: silentLogger,
  })
}

describe('showChannels', () => {
  test('shows all that is known of a channel, and no token', () => {
    expect(show([channel]).body).toEqual([
      {
        id: '00000000-0000-0000-0000-000000000001',
        protocol: 'tcp',
        target: 'example.org:443',
        client_address: '1.2.3.4',
        token_type: 'connector',
        bytes_to_target: 1,
        bytes_from_target: 2,
        age_ms: 1135,
        forwarded: true,
      },
    ])
  })

  test('writes IPv6 targets in brackets, and null where there is none', () => {
    const { body } = show([
      { ...channel, target: { host: '::1', port: 80 } },
      { ...channel, protocol: 'udp', target: undefined },
    ])
    expect(body).toMatchObject([{ target: '[::1]:80' }, { target: null }])
  })

  test('shows so many at most, and counts them all', () => {
    const { body, headers } = show(Array.from({ length: maxListedChannels + 1 }, () => channel))
    expect({ rows: (body as object[]).length, total: headers?.['x-total-count'] }).toEqual({
      rows: maxListedChannels,
      total: '10001',
    })
  })
})
