import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { type AddressInfo, connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Duplex } from 'node:stream'
import { connect as connectTls, createServer as createTlsServer } from 'node:tls'
import { onceEvent, socketEnd, testCertificate } from '@ls/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { breakStream, carryResets, closeStream, streamEnd } from './stream-end.js'

const closers: (() => unknown)[] = []

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

/** Both ends of a connection to `server`. */
async function pairOn(server: Server, listenOn: { path: string } | { port: number; host: string }) {
  server.listen(listenOn)
  await once(server, 'listening')
  const where: NetConnectOpts =
    'path' in listenOn ? listenOn : { port: (server.address() as AddressInfo).port, host: '127.0.0.1' }
  const peer = connect({ allowHalfOpen: true, ...where })
  const [ours] = (await once(server, 'connection')) as [Socket]
  server.close()
  for (const socket of [ours, peer]) {
    socket.on('error', () => {})
    closers.push(() => socket.destroy())
  }
  return { ours, peer }
}

const halfOpenServer = (): Server => createServer({ allowHalfOpen: true })
const tcpPair = () => pairOn(halfOpenServer(), { port: 0, host: '127.0.0.1' })

describe('streamEnd', () => {
  test.each([
    ['whole', { writableEnded: true, writableFinished: true, writableLength: 0 }],
    ['leaving', { writableEnded: true, writableFinished: false, writableLength: 0 }],
    ['ending', { writableEnded: true, writableFinished: false, writableLength: 9 }],
    ['queued', { writableEnded: false, writableFinished: false, writableLength: 9 }],
    ['broken', { writableEnded: false, writableFinished: false, writableLength: 0 }],
  ])('is %s for %o', (end, stream) => {
    expect(streamEnd(stream)).toBe(end)
  })
})

describe('closeStream', () => {
  test('resets a socket whose end was not written', async () => {
    const { ours, peer } = await tcpPair()
    ours.write('a part')
    closeStream(ours)
    expect(await socketEnd(peer)).toBe('ECONNRESET')
  })

  test('ends a socket whose end was written', async () => {
    const { ours, peer } = await tcpPair()
    await new Promise<void>((resolve) => ours.end('all', resolve))
    closeStream(ours)
    expect(await socketEnd(peer)).toBe('end')
  })

  test('ends a socket whose end is just leaving', async () => {
    const { ours, peer } = await tcpPair()
    ours.end()
    closeStream(ours)
    expect(await socketEnd(peer)).toBe('end')
  })

  test('resets a socket whose end waits behind what its reader has not taken', async () => {
    const { ours, peer } = await tcpPair()
    ours.end(Buffer.alloc(20_000_000))
    closeStream(ours)
    expect(await socketEnd(peer)).toBe('ECONNRESET')
  })

  test('closes a UNIX socket, which has no reset', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ls-end-'))
    closers.push(() => rm(folder, { recursive: true }))
    const { ours, peer } = await pairOn(halfOpenServer(), { path: join(folder, 's') })
    const ended = onceEvent(peer.resume(), 'end')
    closeStream(ours)
    await ended
    expect(peer.errored).toBeNull()
  })

  test('resets the socket below TLS', async () => {
    const certificate = testCertificate()
    const server = createTlsServer(certificate)
    const { peer } = await pairOn(server, { port: 0, host: '127.0.0.1' })
    const secure = connectTls({ socket: peer, ca: certificate.cert })
    carryResets(secure, peer)
    const [accepted] = (await once(server, 'secureConnection')) as [Socket]
    closers.push(() => accepted.destroy())
    accepted.resume().on('error', () => {})
    secure.write('a part')
    await once(accepted, 'data')
    closeStream(secure)
    await onceEvent(accepted, 'close')
    expect(accepted.errored).toMatchObject({ code: 'ECONNRESET' })
  })

  test('reports an error to the peer of a stream that is no socket', () => {
    const errors: unknown[] = []
    const stream = new Duplex({
      read: () => {},
      write: () => {},
      destroy: (error, done) => {
        errors.push(error)
        done(error)
      },
    })
    closeStream(stream, new Error('the target was cut'))
    expect(errors).toMatchObject([{ message: 'the target was cut' }])
  })
})

describe('breakStream', () => {
  test('resets behind the written bytes', async () => {
    const { ours, peer } = await tcpPair()
    const received: Buffer[] = []
    peer.on('data', (chunk) => received.push(chunk))
    ours.write('a part')
    await once(peer, 'readable')
    breakStream(ours)
    expect({ socketEnd: await socketEnd(peer), received: Buffer.concat(received).toString() }).toEqual({
      socketEnd: 'ECONNRESET',
      received: 'a part',
    })
  })

  test('ends before it resets where the end was written already', async () => {
    const { ours, peer } = await tcpPair()
    const ended = onceEvent(peer.resume(), 'end')
    ours.end('all')
    breakStream(ours)
    await expect(ended).resolves.toBeDefined()
  })
})
