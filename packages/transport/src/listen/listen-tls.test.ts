import { connect } from 'node:net'
import { connect as connectTls, type TLSSocket, type ConnectionOptions } from 'node:tls'
import { PendingConnections } from '@ls/mux'
import { FakeClock, onceEvent, testAuthority, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, openLink, rawConnection, startListener, untilEnd } from '../../testing/listening.js'
import type { ClientTlsOptions } from '../connect/tls.js'
import type { ServerTlsOptions } from '../port/server-tls.js'
import type { ListenOptions, TransportListener } from './listen-options.js'

const authority = testAuthority()
const pair = authority.issue()
const ca = authority.cert

const start = (tls: Partial<ServerTlsOptions> = {}, options: Partial<ListenOptions> = {}): Promise<TransportListener> =>
  startListener({ tls: { ...pair, ...tls }, ...options })

function open(listener: TransportListener, tls: ClientTlsOptions = { ca }) {
  return openLink({ url: `wss://localhost:${listener.address().port}`, tls })
}

/** Opens a TLS connection without this package. */
async function handshake(listener: TransportListener, options: ConnectionOptions = {}): Promise<TLSSocket> {
  const socket = connectTls({
    port: listener.address().port,
    host: '127.0.0.1',
    servername: 'localhost',
    ca,
    ...options,
  })
  afterTest(() => void socket.destroy())
  socket.on('error', () => {})
  await onceEvent(socket, 'secureConnect')
  return socket
}

/** Connects, sends the first bytes of a handshake, and resets. */
async function resetAtOnce(place: { port: number; host: string }): Promise<void> {
  const socket = connect(place)
  socket.on('error', () => {})
  await onceEvent(socket, 'connect')
  socket.write(Uint8Array.of(0x16, 3, 1), () => socket.resetAndDestroy())
  await onceEvent(socket, 'close')
}

const failureOf = (opening: Promise<unknown>): Promise<{ code: string; message: string }> =>
  opening.then(
    () => expect.fail('it succeeded'),
    (error: unknown) => error as { code: string; message: string },
  )

describe('listen with tls', () => {
  test('opens links over wss', async () => {
    const listener = await start()
    const { transport, handler } = await open(listener)
    const [server] = listener.transports
    server?.send(Uint8Array.of(7))
    await until(() => handler.messages.length > 0, 'a message')
    expect({ url: transport.peer.url, message: [...handler.messages[0]!] }).toEqual({
      url: expect.stringMatching(/^wss:/) as string,
      message: [7],
    })
  })

  test('opens links for more clients than may take a turn at the same time', async () => {
    const listener = await start()
    await Promise.all(Array.from({ length: 10 }, () => open(listener)))
    expect(listener.transports.size).toBe(10)
  })

  test('begins handshakes of one address that do not end at a pace, a quarter of its connections that may wait in a second', async () => {
    const clock = new FakeClock()
    const listener = await start({}, { clock, pending: new PendingConnections({ maxPendingPerAddress: 4 }) })
    await rawConnection(listener.address())
    const timers = clock.pendingTimers
    const second = open(listener)
    await until(() => clock.pendingTimers > timers, 'a rest of the address')
    const before = listener.transports.size
    clock.advance(1000)
    await second
    expect({ before, transports: listener.transports.size }).toEqual({ before: 0, transports: 1 })
  })

  test('does not limit handshakes that come to their end', async () => {
    const pending = new PendingConnections({ maxPendingPerAddress: 4 })
    const listener = await start({}, { clock: new FakeClock(), pending })
    for (let link = 0; link < 4; link++) await open(listener)
    expect(listener.transports.size).toBe(4)
  })

  test('does not limit the handshakes of a trusted proxy', async () => {
    const pending = new PendingConnections({ maxPendingPerAddress: 4 })
    const listener = await start({}, { clock: new FakeClock(), pending, trustedProxies: ['127.0.0.1'] })
    await Promise.all(Array.from({ length: 4 }, () => open(listener)))
    expect(listener.transports.size).toBe(4)
  })

  test('outlives clients that reset before their handshake has its turn', async () => {
    const listener = await start()
    const place = { port: listener.address().port, host: '127.0.0.1' }
    const gone = await Promise.all(Array.from({ length: 10 }, () => resetAtOnce(place)))
    await open(listener)
    expect({ gone: gone.length, transports: listener.transports.size }).toEqual({ gone: 10, transports: 1 })
  })

  test('reports the address of the client', async () => {
    const addresses: (string | undefined)[] = []
    const listener = await start({}, { onTransport: (_link, { remoteAddress }) => void addresses.push(remoteAddress) })
    await open(listener)
    expect(addresses).toEqual(['127.0.0.1'])
  })

  test('offers http/1.1 and nothing else', async () => {
    const socket = await handshake(await start(), { ALPNProtocols: ['h2', 'http/1.1'] })
    expect(socket.alpnProtocol).toBe('http/1.1')
  })

  test('refuses TLS 1.1, and counts it', async () => {
    const listener = await start()
    const old = { maxVersion: 'TLSv1.1', minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } as const
    const socket = connectTls({ port: listener.address().port, host: '127.0.0.1', ca, ...old })
    socket.on('error', () => {})
    await onceEvent(socket, 'close')
    await until(() => listener.refusals.tls === 1, 'the refusal')
    expect(listener.refusals.tls).toBe(1)
  })

  test('speaks TLS 1.2', async () => {
    const socket = await handshake(await start(), { maxVersion: 'TLSv1.2' })
    expect(socket.getProtocol()).toBe('TLSv1.2')
  })

  test('cuts clients that speak HTTP without TLS, and counts them', async () => {
    const listener = await start()
    const socket = await rawConnection({ port: listener.address().port })
    socket.write('GET / HTTP/1.1\r\nHost: h\r\n\r\n')
    await untilEnd(socket)
    await until(() => listener.refusals.tls > 0, 'the refusal')
    expect(listener.refusals.tls).toBe(1)
  })

  test('cuts clients that do not finish the handshake by headTimeoutMs', async () => {
    const listener = await start({}, { headTimeoutMs: 100 })
    const socket = await rawConnection({ port: listener.address().port })
    socket.write(Buffer.from('160301', 'hex'))
    await untilEnd(socket)
    expect(listener.refusals.silent).toBe(1)
  })

  test('cuts clients that are silent after the handshake by headTimeoutMs', async () => {
    // The handshake must end within it.
    const listener = await start({}, { headTimeoutMs: 1000 })
    const answer = await untilEnd(await handshake(listener))
    expect({ status: answer.slice(0, 12), silent: listener.refusals.silent }).toEqual({
      status: 'HTTP/1.1 408',
      silent: 1,
    })
  })

  test('close cuts a handshake that is under way', async () => {
    const listener = await start()
    const socket = await rawConnection({ port: listener.address().port })
    const ended = untilEnd(socket)
    socket.write(Buffer.from('160301', 'hex'))
    await listener.close()
    await expect(ended).resolves.toBe('')
  })

  test.each<[string, Partial<ServerTlsOptions>, string]>([
    ['of another certificate', { key: authority.issue().key }, 'the key does not belong to the certificate'],
    ['that is none', { key: 'none' }, 'not in PEM form'],
    ['and a certificate that is none', { cert: 'none' }, 'not in PEM form'],
  ])('rejects a key %s with ERR_TRANSPORT_TLS', async (_name, tls, why) => {
    const { code, message } = await failureOf(start(tls))
    expect({ code, message }).toEqual({ code: 'ERR_TRANSPORT_TLS', message: expect.stringContaining(why) as string })
  })
})

describe('listen with tls.clientCa', () => {
  const clients = testAuthority('Clients')
  const badge = clients.issue({ name: 'ada' })
  const mutual = { clientCa: clients.cert }

  test('admits clients with a certificate of that issuer', async () => {
    const listener = await start(mutual)
    await open(listener, { ca, ...badge })
    expect(listener.transports.size).toBe(1)
  })

  test.each<[string, ClientTlsOptions]>([
    ['none', {}],
    ['one of another issuer', testAuthority().issue()],
    ["the server's own", pair],
    ['one that has expired', clients.issue({ validTo: new Date(0) })],
  ])('refuses who shows %s, and counts it', async (_name, shown) => {
    const listener = await start(mutual)
    await failureOf(open(listener, { ca, ...shown }))
    await until(() => listener.refusals.tls === 1, 'the refusal')
    expect(listener.transports.size).toBe(0)
  })

  test('tells a client without a certificate that one is required', async () => {
    const { code, message } = await failureOf(open(await start(mutual)))
    expect({ code, message }).toEqual({
      code: 'ERR_TRANSPORT_TLS',
      message: expect.stringContaining('requires a client certificate') as string,
    })
  })
})

describe('setTls', () => {
  test('shows the new certificate to the next client', async () => {
    const listener = await start()
    const next = testAuthority('Next')
    listener.setTls(next.issue())
    await open(listener, { ca: next.cert })
    const { message } = await failureOf(open(listener))
    expect(message).toContain('this machine does not trust its issuer')
  })

  test('does not close open links', async () => {
    const listener = await start()
    const { transport } = await open(listener)
    listener.setTls(testAuthority('Next').issue())
    const [server] = listener.transports
    const echo = new Promise<string>((resolve) => {
      server?.setHandler({
        onMessage: (message) => resolve(Buffer.from(message).toString()),
        onDrain() {},
        onClose() {},
      })
    })
    transport.send(Buffer.from('still here'))
    expect(await echo).toBe('still here')
  })

  test('keeps the old certificate when the new one cannot be used', async () => {
    const listener = await start()
    expect(() => listener.setTls({ ...pair, key: authority.issue().key })).toThrow(
      expect.objectContaining({ code: 'ERR_TRANSPORT_TLS' }),
    )
    await open(listener)
    expect(listener.transports.size).toBe(1)
  })

  test('takes new issuers of client certificates', async () => {
    const [old, next] = [testAuthority('Old'), testAuthority('Next')]
    const listener = await start({ clientCa: old.cert })
    listener.setTls({ ...pair, clientCa: next.cert })
    await open(listener, { ca, ...next.issue() })
    await failureOf(open(listener, { ca, ...old.issue() }))
    expect(listener.transports.size).toBe(1)
  })

  test('neither begins nor ceases to ask for client certificates', async () => {
    const listener = await start()
    expect(() => listener.setTls({ ...pair, clientCa: ca })).toThrow(TypeError)
  })

  test('without TLS is a TypeError', async () => {
    const listener = await startListener()
    expect(() => listener.setTls(pair)).toThrow(TypeError)
  })
})

describe('connect with tls', () => {
  test('asks for the servername, and checks the certificate for it', async () => {
    const listener = await start(authority.issue({ hosts: ['a.test'] }))
    await open(listener, { ca, servername: 'a.test' })
    const { message } = await failureOf(open(listener, { ca, servername: 'b.test' }))
    expect(message).toContain('the certificate is for another name')
  })

  test('refuses a certificate that has expired', async () => {
    const { message } = await failureOf(open(await start(authority.issue({ validTo: new Date(0) }))))
    expect(message).toContain("check the date of the certificate, and this machine's clock")
  })

  test('takes any certificate without rejectUnauthorized', async () => {
    const listener = await start(testAuthority().issue({ hosts: [], validTo: new Date(0) }))
    await open(listener, { rejectUnauthorized: false })
    expect(listener.transports.size).toBe(1)
  })
})
