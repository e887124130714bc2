import { createSecureContext } from 'node:tls'
import { RecordingHandler, testCertificate, useCleanups } from '@ls/testkit'
import { type ConnectOptions, listen } from '@ls/transport'
import { describe, expect, test } from 'vitest'
import { connectOver } from './connect-as-browser.js'
import type { Engine } from './engine.js'
import { fingerprints } from './fingerprint.js'
import { impersonateEngine } from './impersonate-engine.js'
import type { Impersonate } from './load-impersonate.js'

const certificate = testCertificate()
const cleanups = useCleanups()

/** Node's TLS unchanged, since the ClientHello depends on the package: tests/e2e compares that with a browser. */
function fake(unsupported: readonly number[] = []): Impersonate & { calls: number } {
  return {
    calls: 0,
    isSupported: () => true,
    impersonate(_spec, options) {
      this.calls++
      return {
        tlsOptions: { secureContext: createSecureContext(options), requestOCSP: true },
        unsupported: unsupported.map((id) => ({ kind: 'extension', id, reason: 'for the test' })),
      }
    },
  }
}

function engineOf(impersonate: Impersonate): Engine {
  const engine = impersonateEngine(impersonate, 'chrome')
  if (engine === undefined) throw new Error('no engine')
  return engine
}

async function notingServer() {
  const userAgents: (string | undefined)[] = []
  const listener = await listen({
    tls: certificate,
    onTransport: (transport) => transport.setHandler(new RecordingHandler()),
    authorize: ({ headers }) => {
      userAgents.push(headers['user-agent'])
      return undefined
    },
  })
  cleanups.push(() => listener.closeAll())
  return { url: `wss://localhost:${listener.address().port}`, userAgents }
}

async function visit(impersonate: Impersonate, options: ConnectOptions): Promise<void> {
  const transport = await connectOver(engineOf(impersonate), 'chrome')(options)
  cleanups.push(() => transport.destroy())
}

describe('impersonateEngine', () => {
  test.each(fingerprints.filter((browser) => browser !== 'chrome'))('leaves %s to others', (browser) => {
    expect(impersonateEngine(fake(), browser)).toBeUndefined()
  })

  test('leaves all to others where the package is not there', () => {
    expect(impersonateEngine(undefined, 'chrome')).toBeUndefined()
  })

  test('leaves all to others where OpenSSL lacks a part that JA4 sees', () => {
    expect(impersonateEngine(fake([27]), 'chrome')).toBeUndefined()
  })

  test('works without the parts that JA4 does not see', () => {
    expect(impersonateEngine(fake([11]), 'chrome')).toBeDefined()
  })

  test('names the version whose ClientHello it has', async () => {
    const { url, userAgents } = await notingServer()
    await visit(fake(), { url, tls: { ca: certificate.cert } })
    expect(userAgents).toEqual([
      expect.stringMatching(/^Mozilla\/5\.0 \(.+\) .+ Chrome\/156\.0\.0\.0 Safari\/537\.36$/),
    ])
  })

  test('configures the engine again for each link', async () => {
    const { url } = await notingServer()
    const impersonate = fake()
    const connect = connectOver(engineOf(impersonate), 'chrome')
    const before = impersonate.calls
    for (let link = 0; link < 2; link++) {
      const transport = await connect({ url, tls: { ca: certificate.cert } })
      cleanups.push(() => transport.destroy())
    }
    expect(impersonate.calls - before).toBe(2)
  })

  test('does not trust a certificate whose issuer it does not trust', async () => {
    const { url } = await notingServer()
    await expect(visit(fake(), { url })).rejects.toMatchObject({ code: 'ERR_TRANSPORT_TLS' })
  })

  test('takes any certificate with rejectUnauthorized false', async () => {
    const { url, userAgents } = await notingServer()
    await visit(fake(), { url, tls: { rejectUnauthorized: false } })
    expect(userAgents).toHaveLength(1)
  })

  test('checks the certificate for the servername of tls', async () => {
    const { url } = await notingServer()
    const tls = { ca: certificate.cert, servername: 'other.test' }
    await expect(visit(fake(), { url, tls })).rejects.toMatchObject({ code: 'ERR_TRANSPORT_TLS' })
  })
})
