import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { connect as connectTcp } from 'node:net'
import { connect as connectTls, createSecureContext } from 'node:tls'
import {
  helloCatcher,
  ja4,
  leakCheck,
  RecordingHandler,
  tcpServer,
  testCertificate,
  until,
  useCleanups,
} from '@ls/testkit'
import { type ConnectOptions, keyPinOf, listen, type ListenOptions } from '@ls/transport'
import { describe, expect, test } from 'vitest'
import * as wreq from 'wreq-js'
import { connectAsBrowser, connectOver } from './connect-as-browser.js'
import { fingerprints, type Fingerprint } from './fingerprint.js'
import { wreqEngine } from './wreq-engine.js'

const certificate = testCertificate()
const trusting = { tls: { ca: certificate.cert } }
const cleanups = useCleanups()

/** Names in the order on the wire, and values by name. */
interface SeenHeaders {
  readonly names: string[]
  readonly values: IncomingMessage['headers']
}

/** A server that records the headers of upgrades and accepts them. */
async function notingServer(options: Partial<ListenOptions> = {}) {
  const seen: SeenHeaders[] = []
  const listener = await listen({
    tls: certificate,
    ...options,
    onTransport: (transport) => transport.setHandler(new RecordingHandler()),
    authorize: ({ headers }) => {
      // A parsed head keeps the order of the names.
      seen.push({ names: Object.keys(headers), values: headers })
      return undefined
    },
  })
  cleanups.push(() => listener.closeAll())
  return { port: listener.address().port, seen }
}

/** Connects by wreq-js, whatever version of Node this is. */
const connectBy = (browser: Fingerprint) => connectOver(wreqEngine(wreq, browser), browser)

/** Opens a link and drops it. */
async function visit(browser: Fingerprint, options: ConnectOptions): Promise<void> {
  const transport = await connectBy(browser)(options)
  cleanups.push(() => transport.destroy())
}

/** A server that answers each upgrade in the same way, over TLS. */
async function answering(answer: string): Promise<string> {
  const server = createTlsServer(certificate)
  server.on('upgrade', (_request, stream) => stream.end(answer))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanups.push(() => server.close())
  return `wss://localhost:${(server.address() as AddressInfo).port}`
}

describe('the ClientHello of connectAsBrowser', () => {
  /** Extensions of wreq-js's profile for web pages that the WebSocket of the browser does not offer: ALPS (0x44cd). */
  const onlyForPages = new Set([0x44_cd])

  test.each(fingerprints)('is that of wreq-js for %s, except for fields of pages', async (browser) => {
    const catcher = await helloCatcher()
    cleanups.push(() => catcher.close())
    await visit(browser, { url: `wss://localhost:${catcher.port}` }).catch(() => {})
    const ours = await catcher.next()
    const session = await wreq.createSession({ browser, insecure: true })
    await session.websocket(`wss://localhost:${catcher.port}`).catch(() => {})
    const theirs = await catcher.next()
    const extensions = theirs.extensions.filter((type) => !onlyForPages.has(type))
    expect(ja4(ours)).toBe(ja4({ ...theirs, extensions }))
  })

  test('is not that of Node', async () => {
    const catcher = await helloCatcher()
    cleanups.push(() => catcher.close())
    await visit('chrome', { url: `wss://localhost:${catcher.port}` }).catch(() => {})
    const ours = await catcher.next()
    connectTls({ port: catcher.port, servername: 'localhost', ALPNProtocols: ['http/1.1'] }).on('error', () => {})
    expect(ja4(await catcher.next())).not.toBe(ja4(ours))
  })

  test('is the same after links to the same server, since no ticket is kept', async () => {
    const catcher = await helloCatcher()
    cleanups.push(() => catcher.close())
    const { port } = await notingServer()
    for (let link = 0; link < 2; link++) await visit('chrome', { url: `wss://localhost:${port}`, ...trusting })
    const dial = async () => {
      const socket = connectTcp(catcher.port)
      await once(socket, 'connect')
      return socket
    }
    await visit('chrome', { url: `wss://localhost:${port}`, dial }).catch(() => {})
    // pre_shared_key would be 41.
    expect((await catcher.next()).extensions).not.toContain(41)
  })
})

describe('the headers of connectAsBrowser', () => {
  const inOrder: Readonly<Record<Fingerprint, string>> = {
    chrome:
      'host connection pragma cache-control user-agent upgrade origin sec-websocket-version accept-encoding accept-language sec-websocket-key',
    edge: 'host connection pragma cache-control user-agent upgrade origin sec-websocket-version accept-encoding accept-language sec-websocket-key',
    firefox:
      'host user-agent accept accept-language accept-encoding sec-websocket-version origin sec-websocket-key connection sec-fetch-dest sec-fetch-mode sec-fetch-site pragma cache-control upgrade',
    safari:
      'host upgrade connection sec-websocket-key sec-websocket-version origin sec-fetch-dest sec-fetch-mode sec-fetch-site user-agent pragma cache-control accept-language accept-encoding',
  }

  test.each(fingerprints)('are those of %s in its order, over TLS', async (browser) => {
    const { port, seen } = await notingServer()
    await visit(browser, { url: `wss://localhost:${port}`, ...trusting })
    expect(seen[0]?.names.join(' ')).toBe(inOrder[browser])
  })

  test.each(fingerprints)('are those of %s in its order, without TLS', async (browser) => {
    const server = createServer()
    let names: string[] = []
    server.on('upgrade', ({ rawHeaders }, stream) => {
      names = rawHeaders.filter((_text, index) => index % 2 === 0)
      stream.destroy()
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    cleanups.push(() => server.close())
    await visit(browser, { url: `ws://localhost:${(server.address() as AddressInfo).port}` }).catch(() => {})
    expect(names.join(' ').toLowerCase()).toBe(inOrder[browser])
  })

  test('name the browser, and the page that a browser would be on', async () => {
    const { port, seen } = await notingServer()
    await visit('edge', { url: `wss://localhost:${port}`, ...trusting })
    expect(seen[0]?.values).toMatchObject({
      'user-agent': expect.stringMatching(/ Edg\/\d+/) as string,
      origin: `https://localhost:${port}`,
    })
  })

  test('of the user win over those of the browser', async () => {
    const { port, seen } = await notingServer()
    const headers = { 'X-Mine': '1', 'user-agent': 'mine', Host: 'other.test' }
    await visit('chrome', { url: `wss://localhost:${port}`, ...trusting, headers })
    expect(seen[0]?.values).toMatchObject({ 'x-mine': '1', 'user-agent': 'mine', host: 'other.test' })
  })

  test('carry the credentials of the URL', async () => {
    const { port, seen } = await notingServer()
    await visit('chrome', { url: `wss://ada:s%3Acret@localhost:${port}`, ...trusting })
    expect(seen[0]?.values.authorization).toBe(`Basic ${Buffer.from('ada:s:cret').toString('base64')}`)
  })
})

describe('connectAsBrowser', () => {
  const open = async (options: ConnectOptions) => connectBy('chrome')(options)

  test('refuses a browser it does not know', async () => {
    await expect(connectAsBrowser('lynx' as Fingerprint)).rejects.toThrow(
      new TypeError("there is no fingerprint 'lynx', only chrome, firefox, safari, edge"),
    )
  })

  test('does not trust a certificate whose issuer it does not trust', async () => {
    const { port } = await notingServer()
    await expect(open({ url: `wss://localhost:${port}` })).rejects.toMatchObject({
      code: 'ERR_TRANSPORT_TLS',
      message: expect.stringMatching(/give its issuer as the CA$/) as string,
    })
  })

  test('does not trust a certificate for another name, even of a trusted issuer', async () => {
    const { port } = await notingServer()
    const dial = async () => {
      const socket = connectTcp(port, '127.0.0.1')
      await once(socket, 'connect')
      return socket
    }
    await expect(open({ url: 'wss://other.test', dial, ...trusting })).rejects.toMatchObject({
      code: 'ERR_TRANSPORT_TLS',
    })
  })

  test('trusts only the given issuers', async () => {
    const variables = { ...process.env }
    const { port } = await notingServer()
    await visit('chrome', { url: `wss://localhost:${port}`, ...trusting })
    // Options of one link apply to that one, and the process's variables are unchanged.
    await expect(open({ url: `wss://localhost:${port}` })).rejects.toMatchObject({ code: 'ERR_TRANSPORT_TLS' })
    expect(process.env).toEqual(variables)
  })

  test('takes any certificate with rejectUnauthorized false', async () => {
    const { port, seen } = await notingServer()
    await visit('chrome', { url: `wss://localhost:${port}`, tls: { rejectUnauthorized: false } })
    expect(seen).toHaveLength(1)
  })

  test('asks for the servername of tls, in SNI, certificate and Host', async () => {
    const { port, seen } = await notingServer()
    await visit('chrome', { url: `wss://127.0.0.1:${port}`, tls: { ca: certificate.cert, servername: 'server.test' } })
    expect(seen[0]?.values.host).toBe(`server.test:${port}`)
  })

  test.each([
    [{ cert: 'x' }, 'tls.cert'],
    [{ key: 'x' }, 'tls.key'],
    [{ ciphers: 'x' }, 'tls.ciphers'],
    [{ maxVersion: 'TLSv1.2' }, 'tls.maxVersion'],
    [{ minVersion: 'TLSv1.3' }, 'tls.minVersion'],
    [{ servername: '' }, 'tls.servername'],
    [{ pins: [keyPinOf(certificate.cert)] }, 'tls.pins'],
    [{ requestOCSP: true }, 'tls.requestOCSP'],
    [{ secureContext: createSecureContext() }, 'tls.secureContext'],
  ] as const)('refuses %j, which would change the fingerprint or have no effect', async (tls, name) => {
    const promise = open({ url: 'wss://localhost:1', tls })
    await expect(promise).rejects.toThrow(TypeError)
    await expect(promise).rejects.toThrow(name)
  })

  test('says where no server listens', async () => {
    await expect(open({ url: 'wss://127.0.0.1:1' })).rejects.toMatchObject({ code: 'ERR_TRANSPORT_REFUSED' })
  })

  test.each([
    ['HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n', 'ERR_TRANSPORT_UPGRADE_REFUSED', /answered 404 Not Found/],
    ['HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n', 'ERR_TRANSPORT_REDIRECTS', /redirects \(302\)/],
    ['SSH-2.0-x\r\n', 'ERR_TRANSPORT_BAD_ANSWER', /not as a WebSocket server/],
    ['', 'ERR_TRANSPORT_CONNECTION_LOST', /ended the connection instead of answering/],
  ])('explains the answer %j', async (answer, code, message) => {
    const url = await answering(answer)
    await expect(open({ url, ...trusting })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    })
  })

  test('says when the port does not speak TLS', async () => {
    const server = await tcpServer((socket) =>
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
    )
    cleanups.push(() => server.close())
    await expect(open({ url: `wss://localhost:${server.port}` })).rejects.toMatchObject({
      code: 'ERR_TRANSPORT_TLS',
      message: expect.stringMatching(/try ws:\/\//) as string,
    })
  })

  test('gives up after dialTimeoutMs, and leaves nothing open', async () => {
    const silent = await tcpServer((socket) => socket.resume().on('end', () => socket.end()))
    await connectAsBrowser('chrome')
    const assertNoLeak = leakCheck()
    await expect(open({ url: `wss://localhost:${silent.port}`, dialTimeoutMs: 100 })).rejects.toMatchObject({
      code: 'ERR_TRANSPORT_TIMEOUT',
    })
    await until(() => silent.sockets.size === 0, 'the connection to be gone')
    await assertNoLeak()
    await silent.close()
  })

  test('gives up when its signal says so', async () => {
    const silent = await tcpServer(() => controller.abort(new Error('enough')))
    cleanups.push(() => silent.close())
    const controller = new AbortController()
    await expect(open({ url: `wss://localhost:${silent.port}`, signal: controller.signal })).rejects.toThrow('enough')
  })

  test('leaves nothing open when its signal comes between two steps', async () => {
    const silent = await tcpServer((socket) => socket.resume().on('end', () => socket.end()))
    cleanups.push(() => silent.close())
    const controller = new AbortController()
    const dial = async () => {
      const socket = connectTcp(silent.port)
      await once(socket, 'connect')
      // The connection exists by then, and the tunnel over it does not.
      setImmediate(() => process.nextTick(() => controller.abort(new Error('enough'))))
      return socket
    }
    await expect(open({ url: 'wss://server.test', dial, signal: controller.signal })).rejects.toThrow('enough')
    await until(() => silent.sockets.size === 0, 'the connection to be gone')
    expect(silent.sockets.size).toBe(0)
  })

  test('sends the first messages, in the upgrade if they may', async () => {
    const got: number[] = []
    const listener = await listen({
      tls: certificate,
      earlyData: true,
      onTransport: (transport) =>
        transport.setHandler({ onMessage: (message) => got.push(...message), onDrain() {}, onClose() {} }),
    })
    cleanups.push(() => listener.closeAll())
    const firstMessages = [Uint8Array.of(1, 2), Uint8Array.of(3)]
    await visit('chrome', {
      url: `wss://localhost:${listener.address().port}`,
      ...trusting,
      firstMessages,
      earlyDataBytes: 2,
    })
    await until(() => got.length === 3, 'all bytes')
    expect(got).toEqual([1, 2, 3])
  })
})
