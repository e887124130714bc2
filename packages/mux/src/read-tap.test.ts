import { once } from 'node:events'
import { createServer, type Server, Socket, type AddressInfo } from 'node:net'
import { leakCheck, seededBytes, turns, until } from '@ls/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { connectTapped, ReadTap, tapAccepted } from './read-tap.js'

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** A connection with a tap at the end named, `far` the other one. */
async function pairWith(end: 'connected' | 'accepted', options: { pauseOnConnect?: boolean } = {}) {
  const server = createServer({ allowHalfOpen: true, ...options })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const accepting = new Promise<Socket>((resolve) => {
    server.once('connection', (socket) => resolve(end === 'accepted' ? tapAccepted(socket) : socket))
  })
  const connected = connectTapped({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' })
  const accepted = await accepting
  cleanups.push(() => [connected.destroy(), accepted.destroy(), server.close()])
  const [tapped, far] = end === 'accepted' ? [accepted, connected] : [connected, accepted]
  return { server, tapped, far, tap: ReadTap.of(tapped) as ReadTap }
}

/** Opens a tap as it should be, and joins what comes from it and from the stream. */
function collect(socket: Socket): { bytes(): Buffer } {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  ReadTap.of(socket)?.open((bytes) => chunks.push(Buffer.from(bytes)))
  socket.resume()
  return { bytes: () => Buffer.concat(chunks) }
}

describe.each(['connected', 'accepted'] as const)('ReadTap of a socket that was %s', (end) => {
  test('is there', async () => {
    expect((await pairWith(end)).tap).toBeInstanceOf(ReadTap)
  })

  test('gives every byte in order, though a pause comes every now and then', async () => {
    const { tapped, far } = await pairWith(end)
    const expected = seededBytes(1).take(8_000_000)
    const collected = collect(tapped)
    const pausing = setInterval(() => {
      tapped.pause()
      setImmediate(() => tapped.resume())
    }, 1)
    cleanups.push(() => clearInterval(pausing))
    far.end(expected)
    await until(() => collected.bytes().length === expected.length, 'all bytes')
    expect(collected.bytes().equals(expected)).toBe(true)
  })

  test('gives what the stream held before it was opened first', async () => {
    const { tapped, far } = await pairWith(end)
    far.write('first')
    await once(tapped, 'readable')
    const collected = collect(tapped)
    far.write(' second')
    await until(() => collected.bytes().length === 12, 'both')
    expect(collected.bytes().toString()).toBe('first second')
  })

  test('leaves all to the stream while somebody else listens', async () => {
    const { tapped, far, tap } = await pairWith(end)
    const seen: string[] = []
    tapped.on('data', () => {})
    tapped.on('data', (chunk: Buffer) => seen.push(chunk.toString()))
    tap.open(() => seen.push('tap'))
    far.write('x')
    await until(() => seen.length > 0, 'the byte')
    expect(seen).toEqual(['x'])
  })

  test('leaves all to the stream once it is closed', async () => {
    const { tapped, far, tap } = await pairWith(end)
    tap.open(() => {})
    tap.close()
    far.write('x')
    expect(String(await once(tapped, 'data'))).toBe('x')
  })

  test('lets the end come as ever', async () => {
    const { tapped, far } = await pairWith(end)
    collect(tapped)
    far.end()
    await once(tapped, 'end')
    expect(tapped.readableEnded).toBe(true)
  })

  test('gives nothing while the socket is paused', async () => {
    const { tapped, far } = await pairWith(end)
    const collected = collect(tapped)
    await turns(2)
    tapped.pause()
    far.write('x')
    await turns(20)
    expect(collected.bytes().length).toBe(0)
  })
})

describe('tapAccepted', () => {
  test('leaves a socket paused that was accepted so', async () => {
    const { tapped, far } = await pairWith('accepted', { pauseOnConnect: true })
    far.write('x')
    await turns(20)
    expect([tapped.isPaused(), tapped.bytesRead]).toEqual([true, 0])
  })

  test('leaves the counts of the server right, so that it can close', async () => {
    const assertNoLeak = leakCheck()
    const { server, tapped, far } = await pairWith('accepted')
    const count = (): Promise<number> =>
      new Promise((resolve) => server.getConnections((_error, open) => resolve(open)))
    const open = await count()
    far.destroy()
    tapped.destroy()
    await closed(server)
    expect([open, await count()]).toEqual([1, 0])
    cleanups.length = 0
    await assertNoLeak()
  })

  test('keeps the half-open end', async () => {
    const { tapped, far } = await pairWith('accepted')
    collect(tapped)
    far.end()
    await once(tapped, 'end')
    tapped.end('late')
    expect(String(await once(far, 'data'))).toBe('late')
  })

  test('gives a socket back that is not of a kind it knows', () => {
    const socket = new Socket()
    expect(tapAccepted(socket)).toBe(socket)
  })
})

async function closed(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve))
}
