import { createHash } from 'node:crypto'
import { connect } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { describe, expect, test } from 'vitest'
import { useCleanups } from './cleanups.js'
import { seededBytes, seededDigest } from './seeded-bytes.js'
import { byteServer, hashServer } from './servers/byte-server.js'
import { freePort } from './servers/free-port.js'
import { httpServer } from './servers/http-server.js'
import { echoServer, type TestServer } from './servers/tcp-server.js'
import { testCertificate } from './tls/certificate.js'
import { onceEvent, until } from './wait.js'

const cleanups = useCleanups('leaks')

const kept = <T extends TestServer>(server: T): T => {
  cleanups.push(() => server.close())
  return server
}

/** Sends bytes, ends its side, and reads until the server ends. */
async function exchange({ host, port }: TestServer, bytes: Uint8Array): Promise<Buffer> {
  const socket = connect({ host, port, allowHalfOpen: true })
  cleanups.push(() => void socket.destroy())
  socket.end(bytes)
  return buffer(socket)
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

test('echoServer returns all bytes to a half-closing client', async () => {
  const bytes = seededBytes(1).take(300_000)
  const answer = await exchange(kept(await echoServer()), bytes)
  expect(sha256(answer)).toBe(sha256(bytes))
})

test('byteServer sends the bytes of its seed and ends', async () => {
  const answer = await exchange(kept(await byteServer({ sendBytes: 1_000_001, seed: 9 })), new Uint8Array(0))
  expect(sha256(answer)).toBe(seededDigest(9, 1_000_001))
})

test('hashServer answers with the hash of the received bytes', async () => {
  const answer = await exchange(kept(await hashServer()), seededBytes(3).take(200_000))
  expect(answer.toString()).toBe(seededDigest(3, 200_000))
})

test('close cuts open connections', async () => {
  const server = await echoServer()
  const socket = connect(server.port, server.host).resume()
  // A client may hear of its connection before the server does.
  await until(() => server.sockets.size === 1, 'the connection')
  const closed = onceEvent(socket, 'close')
  await server.close()
  await closed
  expect(server.sockets.size).toBe(0)
})

describe('httpServer', () => {
  test.each([
    ['/', 200, 'it works\n'],
    ['/status/418', 418, ''],
    ['/status/9999', 404, 'nothing at /status/9999\n'],
    ['/nowhere', 404, 'nothing at /nowhere\n'],
  ])('answers %s with %d', async (path, status, text) => {
    const { url } = kept(await httpServer())
    const response = await fetch(url + path, { headers: { connection: 'close' } })
    expect({ status: response.status, text: await response.text() }).toEqual({ status, text })
  })

  test('sends bytes of seed 1', async () => {
    const { url } = kept(await httpServer())
    const response = await fetch(`${url}/bytes/100000`, { headers: { connection: 'close' } })
    expect(sha256(new Uint8Array(await response.arrayBuffer()))).toBe(seededDigest(1, 100_000))
  })

  test('echoes bodies and notes requests', async () => {
    const { url, requests } = kept(await httpServer())
    const response = await fetch(`${url}/echo`, { method: 'POST', body: 'ping', headers: { connection: 'close' } })
    expect({ text: await response.text(), requests }).toEqual({ text: 'ping', requests: ['POST /echo'] })
  })

  test('shows headers', async () => {
    const { url } = kept(await httpServer())
    const response = await fetch(`${url}/headers`, { headers: { connection: 'close', 'x-name': 'value' } })
    expect(await response.json()).toMatchObject({ 'x-name': 'value' })
  })
})

test('freePort can be listened on', async () => {
  const port = await freePort()
  expect(port).toBeGreaterThan(0)
})

test('testCertificate is trusted by a client that has it as CA', async () => {
  const { key, cert } = testCertificate()
  const server = createTlsServer({ key, cert }, (socket) => socket.end('hi'))
  cleanups.push(() => void server.close())
  server.listen(0, '127.0.0.1')
  await onceEvent(server, 'listening')
  const { port } = server.address() as { port: number }
  const socket = connectTls({ port, host: '127.0.0.1', servername: 'server.test', ca: cert })
  expect((await buffer(socket)).toString()).toBe('hi')
})
