import { describe, expect, test } from 'vitest'
import { LinkSocksClient } from '../client.js'
import type { ClientOptions } from './client-options.js'

describe('LinkSocksClient, by its role', () => {
  test.each<[string, object]>([
    ['proxy', { proxy: { port: 9870 } }],
    ['proxy', { proxy: 'none' }],
    ['forwards', { forwards: ['1=h:1'] }],
    ['limits.linkWaitMs', { limits: { linkWaitMs: 1000 } }],
  ])('refuses %s of a provider: %j', (name, options) => {
    const text = `role "provider" has no option \`${name}\`; it is for "client" or "connector"`
    expect(() => new LinkSocksClient({ role: 'provider', ...options })).toThrow(new RangeError(text))
  })

  test.each<[string, object]>([
    ['exit', { exit: { guard: 'local' } }],
    ['connectorTokens', { connectorTokens: ['c'] }],
    ['exposes', { exposes: ['1=h:1'] }],
    ['serverToken', { serverToken: 't' }],
  ])('refuses %s of a client and a connector', (name, options) => {
    for (const role of ['client', 'connector'] as const) {
      const text = `role "${role}" has no option \`${name}\`; it is for "provider"`
      expect(() => new LinkSocksClient({ role, ...options })).toThrow(new RangeError(text))
    }
  })

  test('refuses a direct path of a client, which has no peer', () => {
    const text = 'role "client" has no option `direct`; it is for "connector" or "provider"'
    expect(() => new LinkSocksClient({ direct: {} } as ClientOptions)).toThrow(new RangeError(text))
  })

  test.each([{ role: 'reverse' }, { role: 'toString' }, { role: null }])('refuses %j', ({ role }) => {
    const text = `role is ${JSON.stringify(role)}; it must be "client" or "connector" or "provider"`
    expect(() => new LinkSocksClient({ role } as unknown as ClientOptions)).toThrow(new RangeError(text))
  })

  test('accepts undefined for options of the other role', () => {
    expect(() => new LinkSocksClient({ role: 'provider', proxy: undefined } as ClientOptions)).not.toThrow()
  })

  test.each<[string, object]>([
    ['there is no option `proxy.prot`; did you mean `proxy.port`?', { proxy: { prot: 9870 } }],
    ['there is no option `heartbeat.timeout`; did you mean `heartbeat.timeoutMs`?', { heartbeat: { timeout: 1 } }],
    ['there is no option `port`; did you mean `proxy.port`?', { port: 9870 }],
    ['there is no option `idleLimitMs`; did you mean `limits.idleLimitMs`?', { idleLimitMs: 1 }],
  ])('says: %s', (text, options) => {
    expect(() => new LinkSocksClient(options)).toThrow(new TypeError(text))
  })

  test.each<[string, object]>([
    ['proxy is true; it must be an object of options or "none"', { proxy: true }],
    ['reconnect is true; it must be an object of options or false', { reconnect: true }],
    ['limits is 5; it must be an object of options', { limits: 5 }],
    ['exit is "none"; it must be an object of options', { role: 'provider', exit: 'none' }],
  ])('says: %s', (text, options) => {
    expect(() => new LinkSocksClient(options)).toThrow(new TypeError(text))
  })
})

test('ClientOptions has no options of another role', () => {
  const options: ClientOptions[] = [
    { proxy: { port: 0 }, forwards: [], limits: { linkWaitMs: 0 } },
    { role: 'connector', proxy: 'none', direct: {} },
    { role: 'provider', exit: {}, exposes: [], limits: { graceMs: 0 } },
    // @ts-expect-error -- a client has no exit
    { exit: {} },
    // @ts-expect-error -- a client has no direct path
    { role: 'client', direct: {} },
    // @ts-expect-error -- a connector has no exit
    { role: 'connector', exit: {} },
    // @ts-expect-error -- a provider has no ports
    { role: 'provider', proxy: { port: 0 } },
    // @ts-expect-error -- a provider opens no connections
    { role: 'provider', limits: { linkWaitMs: 0 } },
  ]
  expect(options).toHaveLength(8)
})
