import { text } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { useProxyFixture } from '../../testing/proxy-fixture.js'

const fixture = useProxyFixture()

describe('pipelined requests', () => {
  test('are answered in order, also when an earlier response takes longer', async () => {
    const origin = await fixture.web((request, response) => {
      if (request.url === '/slow') setTimeout(() => response.end('<slow>'), 30)
      else response.end('<fast>')
    })
    const other = await fixture.web((_, response) => response.end('<other>'))
    const client = fixture.client(await fixture.proxy())
    for (const url of [`${origin}/slow`, `${other}/`, `${origin}/fast`]) {
      client.send(`GET http://${url} HTTP/1.1`, 'Host: x', '', '')
    }
    const answer = await client.read('<fast>')
    expect(answer.match(/<\w+>/g)).toEqual(['<slow>', '<other>', '<fast>'])
  })

  test('are all served when there are more than maxPipelined', async () => {
    const origin = await fixture.web((request, response) => response.end(`<${request.url}>`))
    const client = fixture.client(await fixture.proxy({ maxPipelined: 3 }))
    const paths = Array.from({ length: 200 }, (_, index) => `/${index}`)
    for (const path of paths) client.send(`GET http://${origin}${path} HTTP/1.1`, 'Host: x', '', '')
    const answer = await client.read('</199>')
    expect(answer.match(/<[^>]+>/g)).toEqual(paths.map((path) => `<${path}>`))
  })

  test('with bodies keep each body with its request', async () => {
    const origin = await fixture.web(
      (request, response) => void text(request).then((body) => response.end(`<${body}>`)),
    )
    const client = fixture.client(await fixture.proxy({ maxPipelined: 2 }))
    const bodies = ['a'.repeat(100_000), 'b', 'c'.repeat(200_000), '']
    for (const body of bodies) {
      client.send(`POST http://${origin}/ HTTP/1.1`, 'Host: x', `Content-Length: ${body.length}`, '', body)
    }
    const answer = await client.read('<>')
    expect(answer.match(/<\w*>/g)).toEqual(bodies.map((body) => `<${body}>`))
  })

  test('behind one that closes the connection are not served, and do not cut its response short', async () => {
    const paths: (string | undefined)[] = []
    const origin = await fixture.web((request, response) => {
      paths.push(request.url)
      response.end(Buffer.alloc(5_000_000, 'x'))
    })
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/1 HTTP/1.1`, 'Host: x', 'Connection: close', '', '')
    client.send(`GET http://${origin}/2 HTTP/1.1`, 'Host: x', '', '')
    const [, body] = (await client.readAll()).split('\r\n\r\n')
    expect({ body: body?.length, paths }).toEqual({ body: 5_000_000, paths: ['/1'] })
  })

  test('may end with a CONNECT, which waits for its turn', async () => {
    const origin = await fixture.web((_, response) => {
      setTimeout(() => response.end(Buffer.alloc(2_000_000, 'x')), 20)
    })
    const echo = await fixture.tcp((socket) => socket.pipe(socket))
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    client.send(`CONNECT ${echo} HTTP/1.1`, `Host: ${echo}`, '', 'hello')
    const answer = await client.read('hello')
    expect(answer).toMatch(/x{100}HTTP\/1\.1 200 Connection established\r\n\r\nhello$/)
  })
})
