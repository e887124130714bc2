import { leakCheck, until } from '@ls/testkit'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { closing } from '../../testing/cleanup.js'
import { RawClient } from '../../testing/raw-client.js'
import { relayPair } from '../../testing/relay-pair.js'
import type { Inbound } from './inbound.js'

/** Behaviour of a peer at a port: bytes, written with a turn between them, and its action after them. */
interface Attack {
  readonly title: string
  readonly chunks: readonly Uint8Array[]
  readonly ending: 'end' | 'reset' | 'wait'
}

const bytes = (...values: readonly number[]): Uint8Array => Uint8Array.from(values)
const text = (value: string): Uint8Array => new TextEncoder().encode(value)
const filled = (length: number, value = 0x41): Uint8Array => new Uint8Array(length).fill(value)
const joined = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts))
const singly = (whole: Uint8Array): Uint8Array[] => Array.from(whole, (byte) => bytes(byte))

/** Valid handshakes, each to a port without a listener. */
const handshakes: Record<string, Uint8Array> = {
  SOCKS5: bytes(5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, 0, 9),
  'SOCKS5 with a password': joined(bytes(5, 1, 2, 1, 1, 0x61, 1, 0x62), bytes(5, 1, 0, 3, 1, 0x78, 0, 9)),
  'SOCKS5 UDP': bytes(5, 1, 0, 5, 3, 0, 1, 0, 0, 0, 0, 0, 0),
  SOCKS4: bytes(4, 1, 0, 9, 127, 0, 0, 1, 0x61, 0),
  SOCKS4a: joined(bytes(4, 1, 0, 9, 0, 0, 0, 1, 0), text('x.invalid'), bytes(0)),
  'HTTP CONNECT': text('CONNECT 127.0.0.1:9 HTTP/1.1\r\nHost: x\r\n\r\n'),
  'HTTP GET': text('GET http://127.0.0.1:9/ HTTP/1.1\r\nHost: x\r\n\r\n'),
}

const entries = Object.entries(handshakes)
const endings = ['end', 'reset', 'wait'] as const

const corpus: readonly Attack[] = [
  ...endings.map((ending) => ({ title: `nothing, then ${ending}`, chunks: [], ending })),
  ...entries.flatMap(([name, whole]) =>
    endings.map((ending) => ({ title: `${name} in single bytes, then ${ending}`, chunks: singly(whole), ending })),
  ),
  ...entries.flatMap(([name, whole]) =>
    Array.from(whole.subarray(1, 24), (_, cut): Attack => {
      const ending = endings[cut % 3] ?? 'end'
      return { title: `${name}, ${ending} after ${cut + 1} bytes`, chunks: [whole.subarray(0, cut + 1)], ending }
    }),
  ),
  ...entries.map(([name, whole]) => ({
    title: `${name} and 1 MiB behind it`,
    chunks: [whole, filled(1_048_576)],
    ending: 'end' as const,
  })),
  { title: 'a SOCKS4 user id without end', chunks: [bytes(4, 1, 0, 9, 127, 0, 0, 1), filled(100_000)], ending: 'wait' },
  { title: 'a SOCKS4a name without end', chunks: [bytes(4, 1, 0, 9, 0, 0, 0, 1, 0), filled(100_000)], ending: 'wait' },
  {
    title: 'SOCKS5 with 255 methods, none of ours',
    chunks: [joined(bytes(5, 255), filled(255, 0x7f))],
    ending: 'wait',
  },
  { title: 'SOCKS5 with no method', chunks: [bytes(5, 0)], ending: 'wait' },
  { title: 'a SOCKS5 request before the greeting', chunks: [bytes(5, 1, 0, 1, 127, 0, 0, 1, 0, 9)], ending: 'wait' },
  { title: 'a password nobody asked for', chunks: [bytes(5, 1, 0), bytes(1, 1, 0x61, 1, 0x62)], ending: 'wait' },
  { title: 'a SOCKS5 name of no bytes', chunks: [bytes(5, 1, 0, 5, 1, 0, 3, 0, 0, 9)], ending: 'wait' },
  {
    title: 'a SOCKS5 name that is no UTF-8',
    chunks: [bytes(5, 1, 0, 5, 1, 0, 3, 2, 0xff, 0xfe, 0, 9)],
    ending: 'wait',
  },
  {
    title: 'a SOCKS5 name with a line break',
    chunks: [bytes(5, 1, 0, 5, 1, 0, 3, 2, 0x0d, 0x0a, 0, 9)],
    ending: 'wait',
  },
  { title: 'SOCKS5 to port 0', chunks: [bytes(5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, 0, 0)], ending: 'wait' },
  { title: 'SOCKS version 6', chunks: [bytes(6, 1, 0, 0)], ending: 'wait' },
  { title: 'a TLS ClientHello', chunks: [joined(bytes(0x16, 3, 1, 2, 0, 1), filled(600, 0))], ending: 'wait' },
  { title: 'an HTTP/2 preface', chunks: [text('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')], ending: 'wait' },
  {
    title: 'an HTTP head without end',
    chunks: [text('GET http://x/ HTTP/1.1\r\nA: '), filled(100_000)],
    ending: 'wait',
  },
  { title: 'an HTTP target without end', chunks: [text('CONNECT '), filled(100_000)], ending: 'wait' },
  { title: 'CONNECT to nowhere', chunks: [text('CONNECT / HTTP/1.1\r\nHost: x\r\n\r\n')], ending: 'wait' },
  {
    title: 'two lengths',
    chunks: [text('POST http://x/ HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n')],
    ending: 'wait',
  },
  { title: 'zeros', chunks: [filled(5000, 0)], ending: 'wait' },
  { title: 'line breaks', chunks: [filled(50_000, 0x0a)], ending: 'wait' },
]

/** Long enough for every valid step here, short enough to wait for. */
const handshakeTimeoutMs = 150

async function attack(port: number, { chunks, ending }: Omit<Attack, 'title'>): Promise<RawClient> {
  const client = await RawClient.open({ host: '127.0.0.1', port })
  for (const chunk of chunks) {
    if (client.socket.writable) client.socket.write(chunk)
    await new Promise((resolve) => setImmediate(resolve))
  }
  if (ending === 'end') client.socket.end()
  if (ending === 'reset') client.socket.resetAndDestroy()
  return client
}

async function allGone(inbound: Inbound, clients: readonly RawClient[]): Promise<void> {
  // A valid request may stay open indefinitely: its client must close first.
  await until(() => inbound.connectionCount <= clients.filter(({ socket }) => !socket.destroyed).length, 'the port')
  await Promise.all(clients.map((client) => leave(client)))
  await until(() => inbound.connectionCount === 0, 'all connections to be gone', { timeoutMs: 10_000 })
}

/** Waits for the port to end the connection, as it must unless it has answered with success. */
async function leave(client: RawClient): Promise<void> {
  const { socket } = client
  const isAnswered = (): boolean => socket.bytesRead >= 10 && !socket.readableEnded
  await until(() => socket.readableEnded || socket.destroyed || isAnswered(), 'the port to act', { timeoutMs: 10_000 })
  socket.destroy()
}

describe('an Inbound leaves nothing behind after', () => {
  test.each(corpus)('$title', async ({ chunks, ending }) => {
    const assertNoLeak = leakCheck()
    const { inbound, near, far, port } = await relayPair({ inbound: { handshakeTimeoutMs } })
    await allGone(inbound, [await attack(port, { chunks, ending })])
    await until(() => near.channelCount + far.channelCount === 0, 'all channels to be gone')
    await inbound.close()
    near.close('done')
    far.close('done')
    await expect(assertNoLeak()).resolves.toBeUndefined()
  })

  test('garbage, however it is cut', { timeout: 60_000 }, async () => {
    const { inbound, port, near, far } = await relayPair({ inbound: { handshakeTimeoutMs, accounts } })
    const assertNoLeak = leakCheck()
    const chunks = fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 6 })
    const openings = fc.constantFrom(bytes(4), bytes(5), bytes(5, 1, 2), text('CONNECT '), text('GET '), bytes())
    await fc.assert(
      fc.asyncProperty(openings, chunks, fc.constantFrom(...endings), async (opening, rest, ending) => {
        const first = opening.length === 0 ? [] : [opening]
        await allGone(inbound, [await attack(port, { chunks: [...first, ...rest], ending })])
        expect(near.channelCount + far.channelCount).toBe(0)
      }),
      { numRuns: 150 },
    )
    await assertNoLeak()
  })
})

const accounts = [{ username: 'ada', password: 'secret' }]

test('Inbound serves others while a hundred peers say nothing', async () => {
  const inbound = closing((await relayPair({ inbound: { handshakeTimeoutMs: 5000 } })).inbound)
  const port = inbound.address?.port ?? 0
  await Promise.all(Array.from({ length: 100 }, () => attack(port, { chunks: [bytes(5)], ending: 'wait' })))
  const client = await RawClient.open({ host: '127.0.0.1', port })
  expect((await client.write([5, 1, 0]).read(2)).toString('hex')).toBe('0500')
})
