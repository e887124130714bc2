import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { useProxyFixture } from '../../testing/proxy-fixture.js'

const fixture = useProxyFixture()

/** Bytes that a client of `version` gets of a response that its origin begins with `head` and then resets. */
async function truncated(head: string, version: string, cut = (socket: Socket) => void socket.resetAndDestroy()) {
  const origins: Socket[] = []
  const origin = await fixture.tcp((socket) => {
    origins.push(socket)
    socket.once('data', () => socket.write(`${head}\r\n\r\n5\r\npart1\r\n`))
  })
  const client = fixture.client(await fixture.proxy())
  client.send(`GET http://${origin}/ HTTP/${version}`, 'Host: x', '', '')
  await client.read('part1')
  for (const socket of origins) cut(socket)
  const rest = await client.readAll()
  const error: NodeJS.ErrnoException | null = client.socket.errored
  return { rest, error: error?.code }
}

describe('a response that its origin resets ends in a reset', () => {
  test.each([
    ['ended by its close', 'HTTP/1.0 200 OK', '1.1'],
    ['ended by its close, to a client of HTTP/1.0', 'HTTP/1.0 200 OK', '1.0'],
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 1000', '1.1'],
    ['chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked', '1.1'],
    ['chunked, to a client of HTTP/1.0', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked', '1.0'],
  ])('%s', async (_, head, version) => {
    expect((await truncated(head, version)).error).toBe('ECONNRESET')
  })

  test('and sends no last chunk', async () => {
    const { rest } = await truncated('HTTP/1.0 200 OK', '1.1')
    expect(rest).not.toContain('0\r\n\r\n')
  })

  test.each([
    ['with a length', 'HTTP/1.1 200 OK\r\nContent-Length: 1000'],
    ['chunked', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked'],
  ])('as one that ends too early does: %s', async (_, head) => {
    expect((await truncated(head, '1.1', (socket) => void socket.end())).error).toBe('ECONNRESET')
  })
})

test('HttpProxy.close resets a client in the middle of its response', async () => {
  const origin = await fixture.tcp((socket) => {
    socket.once('data', () => socket.write('HTTP/1.0 200 OK\r\n\r\npart'))
  })
  const { server, port } = await fixture.server()
  const client = fixture.client(port)
  client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
  await client.read('part')
  await server.close()
  await client.readAll()
  expect(client.socket.errored).toMatchObject({ code: 'ECONNRESET' })
})

/** First bytes of an origin, before it resets the connection. */
const atOnce = 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart'

test.each([
  ['ends', (stream: Duplex) => void stream.push(null)],
  ['breaks', (stream: Duplex) => process.nextTick(() => stream.destroy(new Error('the origin has gone')))],
])('a response whose origin %s together with its last bytes brings those bytes', async (_, end) => {
  const origin = (): Duplex => {
    const stream: Duplex = new Duplex({
      read: () => {},
      write: (_chunk, _encoding, done) => {
        stream.push(atOnce)
        end(stream)
        done()
      },
    })
    return stream
  }
  const client = fixture.client(await fixture.proxy({}, () => Promise.resolve(origin())))
  client.send('GET http://origin.test/ HTTP/1.1', 'Host: x', '', '')
  expect(await client.readAll()).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*\r\n\r\npart$/)
})
