import { describe, expect, test } from 'vitest'
import { descriptorLimit, shareDescriptors } from '../descriptor-limit.js'
import { resolveServerOptions } from './resolve-options.js'
import type { ServerOptions } from './server-options.js'

describe('resolveServerOptions', () => {
  test('gives the documented defaults', () => {
    const { logger, clock, pending, slots, maxTokenChannels, ...defaults } = resolveServerOptions({})
    const { maxPending, maxPendingPerAddress } = pending
    expect({
      logger: typeof logger,
      clock: typeof clock,
      slots: typeof slots,
      maxTokenChannels: typeof maxTokenChannels,
      maxPending,
      maxPendingPerAddress,
      ...defaults,
    }).toEqual({
      socketPaths: ['/socket', '/socket/'],
      hostNames: [],
      guard: 'local',
      host: '0.0.0.0',
      port: 8765,
      socksHost: '127.0.0.1',
      socksListen: [],
      socksAccounts: [],
      socksUdp: {},
      exposeHost: '0.0.0.0',
      socksNowait: false,
      portPool: [1024, 10_240],
      providerWaitMs: 10_000,
      connectorWaitMs: 5000,
      orphanedTokenMs: 600_000,
      extensions: ['window', 'fin', 'resume', 'ack2', 'urgent'],
      windowBytes: 262_144,
      graceMs: 60_000,
      processBudgetBytes: 201_326_592,
      maxGraceSessions: 4096,
      maxTokenGraceSessions: 1024,
      handshakeTimeoutMs: 10_000,
      maxLinks: Math.min(10_000, shareDescriptors(descriptorLimit()).links),
      maxPending: 4096,
      maxPendingPerAddress: 512,
      logger: 'object',
      clock: 'object',
      slots: 'object',
      maxTokenChannels: 'number',
    })
  })

  test('leaves references that it does not resolve unchanged', () => {
    expect(resolveServerOptions({ proxy: { fastOpen: true } }).fastOpen).toBe(true)
  })

  test.each<[string, ServerOptions]>([
    ['port is 65536', { port: 65_536 }],
    ['port is 1.5', { port: 1.5 }],
    ['proxy.portPool[0] is 0', { proxy: { portPool: [0, 10] } }],
    ['proxy.portPool[1] is 9', { proxy: { portPool: [10, 9] } }],
    ['limits.providerWaitMs is -1', { limits: { providerWaitMs: -1 } }],
    ['limits.connectorWaitMs is NaN', { limits: { connectorWaitMs: Number.NaN } }],
    ['limits.orphanedTokenMs is 2147483648', { limits: { orphanedTokenMs: 2 ** 31 } }],
    ['limits.windowBytes is 0', { limits: { windowBytes: 0 } }],
    ['limits.graceMs is Infinity', { limits: { graceMs: Infinity } }],
    ['limits.handshakeTimeoutMs is 0', { limits: { handshakeTimeoutMs: 0 } }],
    ['limits.maxLinks is 0', { limits: { maxLinks: 0 } }],
    ['limits.maxPending is 0', { limits: { maxPending: 0 } }],
    ['limits.maxPendingPerAddress is 1.5', { limits: { maxPendingPerAddress: 1.5 } }],
    ['api.key is empty', { api: { key: '' } }],
    ['limits.idleLimitMs is 0', { limits: { idleLimitMs: 0 } }],
    ['limits.maxChannels is 0', { limits: { maxChannels: 0 } }],
    ['limits.replayLimitBytes is 0', { limits: { replayLimitBytes: 0 } }],
    ['proxy.httpMaxHeadBytes is 0', { proxy: { httpMaxHeadBytes: 0 } }],
    ['proxy.udp.idleMs is 0', { proxy: { udp: { idleMs: 0 } } }],
    ['heartbeat.timeoutMs is 45000', { heartbeat: { periodMs: 60_000 } }],
  ])('throws a RangeError that says "%s"', (message, options) => {
    const resolve = (): unknown => resolveServerOptions(options)
    expect(resolve).toThrow(RangeError)
    expect(resolve).toThrow(message)
  })

  test.each([
    ['there is no option `limits.maxLink`; did you mean `limits.maxLinks`?', { limits: { maxLink: 5 } }],
    ['there is no option `guard`; did you mean `exit.guard`?', { guard: 'none' }],
    ['there is no option `accounts`; did you mean `proxy.accounts`?', { accounts: [] }],
    ['there is no option `relay.maxLink`; did you mean `relay.maxLinks`?', { relay: { maxLink: 5 } }],
    ['there is no option `heartbeat.timeout`; did you mean `heartbeat.timeoutMs`?', { heartbeat: { timeout: 5 } }],
    ['relay is true; it must be an object of options', { relay: true }],
    ['limits is 5; it must be an object of options', { limits: 5 }],
    ['proxy is "none"; it must be an object of options', { proxy: 'none' }],
  ])('throws a TypeError that says "%s"', (text, options) => {
    expect(() => resolveServerOptions(options as object)).toThrow(new TypeError(text))
  })

  test('refuses accounts without a port that asks for them', () => {
    const accounts = [{ username: 'ada', password: 's' }]
    expect(() => resolveServerOptions({ proxy: { accounts } })).toThrow(
      'proxy.accounts are for the ports of proxy.listen, and there are none',
    )
  })
})
