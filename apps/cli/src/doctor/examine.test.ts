import { readFileSync } from 'node:fs'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import { freePort, testCertificate } from '@ls/testkit'
import { describe, expect, onTestFinished, test } from 'vitest'
import { brokenPeers } from '../../testing/doctor/broken-peers.js'
import { linkFaults } from '../../testing/doctor/link-faults.js'
import { pathFaults } from '../../testing/doctor/path-faults.js'
import { findingsOf, server } from '../../testing/doctor/stage.js'

const faults = { ...pathFaults, ...linkFaults, ...brokenPeers }

/** Codes of docs/errors.md that no examination can meet, with the reason. */
const elsewhere: readonly (readonly [codes: RegExp, reason: string])[] = [
  [/^ERR_(?:BATCHING|WEB)_/, 'of programs and pages that use the libraries'],
  [/^ERR_(?:SOCKS|HTTP_PROXY)_/, 'of programs at a proxy port; behind a proxy it is ERR_TRANSPORT_PROXY'],
  [/^ERR_(?:SERVER|CLUSTER)_/, 'of a server that starts, or of its API: it never reaches a client'],
  [/^ERR_DIRECT_/, 'of direct paths: the doctor opens none'],
  [/^ERR_MUX_(?:SESSION_CLOSED|CHANNEL_\w+|TOO_MANY_CHANNELS)$/, 'of programs that use sessions'],
  [/^ERR_RELAY_(?:REFUSED|\w+_UNREACHABLE|TIMEOUT|DNS)$/, 'of targets: the doctor connects to none'],
  [/^ERR_CODEC_(?:BAD_GZIP|INFLATED_TOO_LARGE)$/, 'of the data of a connection: the text of the finding names them'],
  [/^ERR_CLIENT_(?:CONNECTOR_REFUSED|NO_LINK|CLOSED)$/, 'of calls of a client that is linked'],
  [/^ERR_TRANSPORT_BAD_URL$/, 'of the command line, before the first step: run-doctor.test.ts'],
  [/^ERR_TRANSPORT_FINGERPRINT$/, 'of a package that is not installed, before the first step'],
  [/^ERR_TRANSPORT_BROWSER$/, 'of a browser: tests/e2e/browser-dialer.test.ts'],
]

describe('examine', () => {
  test.each(Object.entries(faults))('names %s', async (_name, { make, finds }) => {
    expect(await findingsOf(await make())).toContainEqual(expect.objectContaining(finds))
  })

  test('has a staged fault for each code of docs/errors.md that it can meet', () => {
    const page = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8')
    const staged = new Set(Object.values(faults).map(({ finds }) => finds.code))
    const codes = Array.from(page.matchAll(/^### (ERR_\w+)$/gm), ([, code = '']) => code)
    const missing = codes.filter((code) => !staged.has(code) && !elsewhere.some(([pattern]) => pattern.test(code)))
    expect({ missing, known: codes.length > 80 }).toEqual({ missing: [], known: true })
  })

  test('finds nothing wrong with a server that works', async () => {
    const { port } = await server()
    const findings = await findingsOf({ url: `ws://localhost:${port}`, idleMs: 1, speedMs: 50 })
    expect(findings.map(({ step, level }) => `${step} ${level}`)).toEqual([
      'proxy PASS',
      'names PASS',
      'address PASS',
      'tls SKIP',
      'clock PASS',
      'websocket PASS',
      'token PASS',
      'extension PASS',
      'round trip PASS',
      'source PASS',
      'throughput PASS',
      'udp PASS',
      'idle PASS',
    ])
  })

  test('gives the password of an https:// proxy to no server with another certificate', async () => {
    const sent: unknown[] = []
    const impostor = createHttps(testCertificate()).on('connect', ({ headers }, socket) => {
      sent.push(headers['proxy-authorization'])
      socket.destroy()
    })
    await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void impostor.close())
    const { port } = impostor.address() as AddressInfo
    const environment = { https_proxy: `https://user:password@localhost:${port}` }
    const findings = await findingsOf({ url: 'wss://server.test', environment })
    const cure = expect.stringContaining('was not examined') as unknown
    expect({ sent, findings: findings.find(({ step }) => step === 'tls') }).toEqual({
      sent: [],
      findings: expect.objectContaining({ level: 'FAIL', code: 'ERR_TRANSPORT_TLS', cure }) as unknown,
    })
  })

  test('skips what comes after a failure', async () => {
    const findings = await findingsOf({ url: `ws://127.0.0.1:${await freePort()}` })
    expect(findings.filter(({ level }) => level === 'SKIP').map(({ step }) => step)).toEqual([
      'names',
      'tls',
      'clock',
      'websocket',
      'token',
      'extension',
      'round trip',
      'source',
      'throughput',
      'udp',
      'idle',
    ])
  })
})
