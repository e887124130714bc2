import { describe, expect, test } from 'vitest'
import { descriptorLimit, shareDescriptors } from './descriptor-limit.js'
import { resolveServerOptions, type ServerOptions } from './options.js'

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
      handshakeDeadlineMs: 10_000,
      maxLinks: Math.min(10_000, shareDescriptors(descriptorLimit()).links),
      maxPending: 4096,
      maxPendingPerAddress: 512,
      logger: 'object',
      clock: 'object',
      slots: 'object',
      maxTokenChannels: 'number',
    })
  })

  test('keeps what it does not resolve', () => {
    expect(resolveServerOptions({ fastOpen: true }).fastOpen).toBe(true)
  })

  test.each<[string, ServerOptions]>([
    ['port is 65536', { port: 65_536 }],
    ['port is 1.5', { port: 1.5 }],
    ['portPool[0] is 0', { portPool: [0, 10] }],
    ['portPool[1] is 9', { portPool: [10, 9] }],
    ['providerWaitMs is -1', { providerWaitMs: -1 }],
    ['connectorWaitMs is NaN', { connectorWaitMs: Number.NaN }],
    ['orphanedTokenMs is 2147483648', { orphanedTokenMs: 2 ** 31 }],
    ['windowBytes is 0', { windowBytes: 0 }],
    ['graceMs is Infinity', { graceMs: Infinity }],
    ['handshakeDeadlineMs is 0', { handshakeDeadlineMs: 0 }],
    ['maxLinks is 0', { maxLinks: 0 }],
    ['maxPending is 0', { maxPending: 0 }],
    ['maxPendingPerAddress is 1.5', { maxPendingPerAddress: 1.5 }],
    ['apiKey is empty', { apiKey: '' }],
    ['idleLimitMs is 0', { idleLimitMs: 0 }],
    ['heartbeat.deadlineMs is 45000', { heartbeat: { periodMs: 60_000 } }],
  ])('throws a RangeError that says "%s"', (message, options) => {
    const resolve = (): unknown => resolveServerOptions(options)
    expect(resolve).toThrow(RangeError)
    expect(resolve).toThrow(message)
  })

  test('refuses an option that does not exist, and names the one that is meant', () => {
    const misspelt = { maxLink: 5 }
    const text = 'there is no option `maxLink`; did you mean `maxLinks`?'
    expect(() => resolveServerOptions(misspelt as object)).toThrow(new TypeError(text))
  })
})
