import { describe, expect, test } from 'vitest'
import { useProxyFixture } from '../../testing/proxy-fixture.js'

const fixture = useProxyFixture()

/** Sent in one write, which may arrive in a few reads; each of them becomes one chunk. */
const chunks = 1000
const body = `${'1\r\na\r\n'.repeat(chunks)}0\r\n\r\n`
const maxReads = 20

function chunksIn(text: string): number {
  return text.match(/^[0-9a-f]+\r$/gm)?.length ?? 0
}

describe('a body in chunks of one byte', () => {
  test('of an origin reaches the client in few chunks', async () => {
    const origin = await fixture.tcp((socket) => {
      socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${body}`))
    })
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    expect(chunksIn(await client.read('\r\n0\r\n\r\n'))).toBeLessThan(maxReads)
  })

  test('of a client reaches the origin in few chunks', async () => {
    const received = new Promise<string>((resolve) => {
      void fixture
        .tcp((socket) => {
          let text = ''
          socket.on('data', (chunk: Buffer) => {
            text += chunk.toString('latin1')
            if (text.endsWith('\r\n0\r\n\r\n')) resolve(text)
          })
        })
        .then(async (origin) => {
          const client = fixture.client(await fixture.proxy())
          client.send(`POST http://${origin}/ HTTP/1.1`, 'Host: x', 'Transfer-Encoding: chunked', '', body)
        })
    })
    expect(chunksIn(await received)).toBeLessThan(maxReads)
  })
})
