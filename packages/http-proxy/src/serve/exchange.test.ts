import { createHash } from 'node:crypto'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { seededBytes, seededDigest, turns, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { useProxyFixture } from '../../testing/proxy-fixture.js'

const fixture = useProxyFixture()

describe('1xx responses', () => {
  test('are passed on, 100 and 103, before the final response', async () => {
    const origin = await fixture.web(
      (_, response) => response.end('never'),
      (server) => {
        server.on('checkContinue', (request, response) => {
          response.writeEarlyHints({ link: '</a.css>; rel=preload' })
          response.writeContinue()
          request.pipe(response)
        })
      },
    )
    const client = fixture.client(await fixture.proxy())
    client.send(`POST http://${origin}/ HTTP/1.1`, 'Host: x', 'Expect: 100-continue', 'Content-Length: 4', '', '')
    expect(await client.read('\r\n\r\n')).toBe('HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n')
    expect(await client.read('\r\n\r\n')).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    client.send('body')
    expect(await client.read('body')).toMatch(/^HTTP\/1.1 200 /)
  })

  test('without end are cut off with 502', async () => {
    const origin = await fixture.tcp((socket) => {
      socket.once('data', () => socket.write('HTTP/1.1 102 Processing\r\n\r\n'.repeat(1000)))
    })
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    const answer = await client.read('responses\n')
    expect({ processing: answer.match(/ 102 /g)?.length, badGateway: answer.match(/ 502 /g)?.length }).toEqual({
      processing: 64,
      badGateway: 1,
    })
  })

  test('are not sent to a client of HTTP/1.0', async () => {
    const origin = await fixture.web((_, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' })
      response.end('ok')
    })
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/ HTTP/1.0`, '', '')
    expect(await client.readAll()).toMatch(/^HTTP\/1.1 200 /)
  })

  test('that were never sent close the connection after the final response, since the body may still arrive', async () => {
    const origin = await fixture.web(
      () => {},
      (server) => {
        server.on('checkContinue', (_request, response) => response.writeHead(413).end())
      },
    )
    const client = fixture.client(await fixture.proxy())
    client.send(`POST http://${origin}/ HTTP/1.1`, 'Host: x', 'Expect: 100-continue', 'Content-Length: 4', '', '')
    expect(await client.readAll()).toMatch(/^HTTP\/1.1 413 [\s\S]*Connection: close\r\n/)
  })

  test('are not promised for any other expectation', async () => {
    const client = fixture.client(await fixture.proxy())
    client.send('POST http://x.example/ HTTP/1.1', 'Host: x', 'Expect: tea', 'Content-Length: 0', '', '')
    expect(await client.readAll()).toMatch(/^HTTP\/1.1 417 [\s\S]*only Expect: 100-continue is served\n$/)
  })
})

describe('trailers', () => {
  test('of a response are passed on', async () => {
    const origin = await fixture.web((_, response) => {
      response.writeHead(200, { Trailer: 'X-Sum' })
      response.write('body')
      response.addTrailers({ 'X-Sum': '42' })
      response.end()
    })
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    expect(await client.read('0\r\nX-Sum: 42\r\n\r\n')).toMatch('Trailer: X-Sum')
  })

  test('of a request are passed on, except those that would change its framing', async () => {
    const origin = await fixture.web((request, response) => {
      request.resume()
      request.on('end', () => response.end(JSON.stringify(request.rawTrailers)))
    })
    const client = fixture.client(await fixture.proxy())
    client.send(`POST http://${origin}/ HTTP/1.1`, 'Host: x', 'Transfer-Encoding: chunked', '', '')
    client.send('3', 'abc', '0', 'X-Sum: 7', 'Host: evil', '', '')
    expect(await client.read(/\]/)).toMatch(/\r\n\["X-Sum","7"\]$/)
  })
})

describe('large bodies', () => {
  const size = 24 * 1024 * 1024

  test('arrive whole in both directions concurrently', async () => {
    const origin = await fixture.web((request, response) => void request.pipe(response))
    const port = await fixture.proxy()
    const options = { port, host: '127.0.0.1', method: 'POST', path: `http://${origin}/`, headers: { Host: origin } }
    const digest = await new Promise<string>((resolve, reject) => {
      const request = httpRequest({ ...options, agent: false }, (response: IncomingMessage) => {
        const hash = createHash('sha256')
        response.on('data', (chunk: Buffer) => hash.update(chunk))
        response.on('end', () => resolve(hash.digest('hex')))
      })
      request.on('error', reject)
      request.end(seededBytes(1).take(size))
    })
    expect(digest).toBe(seededDigest(1, size))
  })

  test('wait for a client that does not read', async () => {
    let sent = 0
    const origin = await fixture.web((_, response) => {
      const chunk = Buffer.alloc(65_536)
      const fill = (): void => {
        while (sent < 400 * 1024 * 1024 && !response.destroyed) {
          sent += chunk.length
          if (!response.write(chunk)) return
        }
      }
      response.on('drain', fill)
      fill()
    })
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    await client.read('\r\n\r\n')
    client.socket.pause()
    let before = -1
    // Until no more bytes move: then the buffers of the system and of the proxy are full.
    while (before !== sent) {
      before = sent
      await turns(500)
    }
    expect(sent).toBeLessThan(40 * 1024 * 1024)
  })

  test('wait for an origin that does not read', async () => {
    let request: IncomingMessage | undefined
    const origin = await fixture.web((incoming) => void (request = incoming))
    const client = fixture.client(await fixture.proxy())
    client.send(`POST http://${origin}/ HTTP/1.1`, 'Host: x', 'Content-Length: 400000000', '', '')
    const chunk = Buffer.alloc(65_536)
    let sent = 0
    const fill = (): void => {
      while (sent < 400_000_000 - chunk.length) {
        sent += chunk.length
        if (!client.socket.write(chunk)) return
      }
    }
    client.socket.on('drain', fill)
    fill()
    await until(() => request !== undefined, 'the request')
    let before = -1
    while (before !== sent) {
      before = sent
      await turns(500)
    }
    expect(request).toBeDefined()
    expect(sent).toBeLessThan(40 * 1024 * 1024)
  })
})
