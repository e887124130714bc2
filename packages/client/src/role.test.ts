import { describe, expect, test } from 'vitest'
import { LinkSocksClient } from './client.js'

describe('LinkSocksClient, by its role', () => {
  test.each([
    ['socksPort', { socksPort: 9870 }],
    ['socksAccounts', { socksAccounts: [{ username: 'ada', password: 's' }] }],
    ['forwards', { forwards: ['1=h:1'] }],
    ['fastOpen', { fastOpen: true }],
    ['linkWaitMs', { linkWaitMs: 1000 }],
  ])('refuses %s for a provider', (name, options) => {
    const text = `a provider opens no ports, so it takes no \`${name}\``
    expect(() => new LinkSocksClient({ reverse: true, ...options })).toThrow(new RangeError(text))
  })

  test.each([
    ['connectorTokens', { connectorTokens: ['c'] }],
    ['exposes', { exposes: ['1=h:1'] }],
    ['routes', { routes: ['*=direct'] }],
    ['guard', { guard: 'local' as const }],
    ['connectTimeoutMs', { connectTimeoutMs: 1000 }],
  ])('refuses %s for all others', (name, options) => {
    const text = `only a provider reaches targets: \`${name}\` needs \`reverse\``
    expect(() => new LinkSocksClient(options)).toThrow(new RangeError(text))
  })

  test('takes empty lists and false for options of the other role', async () => {
    const client = new LinkSocksClient({ reverse: true, forwards: [], socksNowait: false, openPorts: false })
    await client.close()
    expect(client.sessions).toEqual([])
  })

  test('refuses an option that does not exist, and names the one that is meant', () => {
    const text = 'there is no option `socksport`; did you mean `socksPort` or `socksHost`?'
    expect(() => new LinkSocksClient({ socksport: 9870 } as object)).toThrow(new TypeError(text))
  })
})
