import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { connect } from 'node:tls'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { readServerName } from './server-name.js'

/** First bytes that Node's TLS client sends. */
async function helloFor(servername: string): Promise<Buffer> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect({ host: '127.0.0.1', port: (server.address() as { port: number }).port, servername })
  client.on('error', () => {})
  const [socket] = (await once(server, 'connection')) as [Socket]
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  client.destroy()
  socket.destroy()
  server.close()
  return bytes
}

describe('readServerName', () => {
  let hello: Buffer
  beforeAll(async () => {
    hello = await helloFor('app.example')
  })

  test('finds the name', () => {
    expect(readServerName(hello)).toEqual({ kind: 'hello', name: 'app.example' })
  })

  test('finds none where the client gives none', async () => {
    expect(readServerName(await helloFor(''))).toEqual({ kind: 'hello', name: undefined })
  })

  const record = (bytes: Buffer): Buffer =>
    Buffer.concat([Buffer.of(22, 3, 1, bytes.length >> 8, bytes.length & 0xff), bytes])

  test('refuses more than 16 records', () => {
    const bytes = [...hello.subarray(5, 5 + 17)].map((byte) => record(Buffer.of(byte)))
    const kinds = [16, 17].map((count) => readServerName(Buffer.concat(bytes.slice(0, count))).kind)
    expect(kinds).toEqual(['more', 'other'])
  })

  test('finds it in a hello over two records', () => {
    const message = hello.subarray(5)
    const split = Buffer.concat([record(message.subarray(0, 50)), record(message.subarray(50))])
    expect(readServerName(split)).toEqual({ kind: 'hello', name: 'app.example' })
  })

  test('wants more of any part of it', () => {
    const kinds = Array.from(
      { length: hello.length },
      (_none, length) => readServerName(hello.subarray(0, length)).kind,
    )
    expect(new Set(kinds)).toEqual(new Set(['more']))
  })

  test.each(['GET / HTTP/1.1\r\n', 'SSH-2.0-x\r\n', '\x16\x03\x01\0\0'])('treats %j as another protocol', (text) => {
    expect(readServerName(Buffer.from(text, 'latin1'))).toEqual({ kind: 'other' })
  })

  test('throws for no bytes whatever', () => {
    const damaged = fc.tuple(fc.nat(2000), fc.integer({ min: 0, max: 255 })).map(([at, byte]) => {
      const bytes = Buffer.from(hello)
      bytes[at % bytes.length] = byte
      return bytes
    })
    const random = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.concat([Buffer.of(22, 3, 1, 1, 0), bytes]))
    fc.assert(fc.property(fc.oneof(damaged, random), (bytes) => readServerName(bytes).kind !== undefined))
  })
})
