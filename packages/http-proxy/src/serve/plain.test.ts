import type { Socket } from 'node:net'
import { turns, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { useProxyFixture } from '../../testing/proxy-fixture.js'
import { dialDirect } from '../dial-direct.js'

const fixture = useProxyFixture()

/** An origin that offers to keep its connections, but resets the first one at the second request. */
function closingOrigin(): Promise<string> {
  let requests = 0
  return fixture.tcp((socket) => {
    socket.on('data', () => {
      if (++requests === 2) return void socket.resetAndDestroy()
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
    })
  })
}

describe('a plain request', () => {
  test('reaches its origin in origin-form, with the Host of its URL', async () => {
    const origin = await fixture.web((request, response) => response.end(`${request.url} ${request.headers.host}`))
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/a?b=c HTTP/1.1`, 'Host: elsewhere.example', 'Connection: close', '', '')
    expect(await client.readAll()).toMatch(`/a?b=c ${origin}`)
  })

  test('keeps the order, spelling and repeats of its fields, loses the hop-by-hop ones and gains none', async () => {
    const origin = await fixture.web((request, response) => response.end(JSON.stringify(request.rawHeaders)))
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/ HTTP/1.1`, 'X-b: 1', 'hOST: x', 'Connection: close, X-Hop', 'X-hop: 2')
    client.send('', 'Proxy-Connection: keep-alive', 'Keep-Alive: 5', 'TE: gzip', 'Proxy-Authorization: Basic eDp5')
    client.send('', 'x-a: 3', 'X-B: 4', '', '')
    expect(await client.readAll()).toMatch(
      JSON.stringify(['X-b', '1', 'hOST', origin, 'x-a', '3', 'X-B', '4', 'Connection', 'keep-alive']),
    )
  })

  test('passes the origin its offer to take trailers', async () => {
    const origin = await fixture.web((request, response) => response.end(JSON.stringify(request.rawHeaders)))
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', 'TE: trailers, deflate;q=0.5', 'Connection: TE', '', '')
    expect(await client.read(']')).toMatch('"Connection","keep-alive, TE","TE","trailers"')
  })

  test('sends a POST without a body with a length of 0', async () => {
    const origin = await fixture.web((request, response) => response.end(JSON.stringify(request.rawHeaders)))
    const client = fixture.client(await fixture.proxy())
    client.send(`POST http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    expect(await client.read(']')).toMatch('"Content-Length","0"')
  })

  test('gets its response with fields in order, spelled as sent, without the hop-by-hop ones', async () => {
    const origin = await fixture.tcp((socket) => {
      socket.once('data', () => {
        socket.end(
          'HTTP/1.1 299 Fine Indeed\r\nset-cookie: a\r\nX-Y: z\r\nSet-Cookie: b\r\nDate: now\r\nConnection: X-Hop, close\r\n' +
            'X-Hop: 1\r\nProxy-Authenticate: Basic realm="evil"\r\nKeep-Alive: timeout=5\r\nContent-Length: 2\r\n\r\nhi',
        )
      })
    })
    const client = fixture.client(await fixture.proxy({ idleMs: 7000 }))
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', 'Proxy-Connection: keep-alive', '', '')
    expect(await client.read('hi')).toBe(
      'HTTP/1.1 299 Fine Indeed\r\nset-cookie: a\r\nX-Y: z\r\nSet-Cookie: b\r\nDate: now\r\nContent-Length: 2\r\n' +
        'Connection: keep-alive\r\nKeep-Alive: timeout=7\r\n\r\nhi',
    )
  })

  test('uses one connection to its origin for all that the client asks', async () => {
    let connections = 0
    const origin = await fixture.web(
      (request, response) => response.end(request.url),
      (server) => server.on('connection', () => connections++),
    )
    const client = fixture.client(await fixture.proxy())
    for (const path of ['/1', '/2', '/3']) {
      client.send(`GET http://${origin}${path} HTTP/1.1`, 'Host: x', '', '')
      await client.read(`\r\n${path}`)
    }
    expect(connections).toBe(1)
  })

  test('is sent again when the connection kept for it has closed', async () => {
    const origin = await closingOrigin()
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    await client.read('\r\n\r\nok')
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    expect(await client.read('\r\n\r\nok')).toMatch(/^HTTP\/1.1 200 /)
  })

  test('is not sent again when it may have had an effect', async () => {
    const origin = await closingOrigin()
    const client = fixture.client(await fixture.proxy())
    client.send(`POST http://${origin}/ HTTP/1.1`, 'Host: x', 'Content-Length: 0', '', '')
    await client.read('\r\n\r\nok')
    client.send(`POST http://${origin}/ HTTP/1.1`, 'Host: x', 'Content-Length: 0', '', '')
    expect(await client.read('\n\r\n')).toMatch(/^HTTP\/1.1 502 /)
  })

  test('does not treat unrequested bytes of an idle origin as its response', async () => {
    const sockets: Socket[] = []
    const origin = await fixture.tcp((socket) => {
      sockets.push(socket)
      const body = `<${sockets.length}>`
      socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n${body}`))
    })
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    await client.read('<1>')
    sockets[0]?.write('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n<x>')
    await until(() => sockets[0]?.readableEnded === true, 'the connection to be given up')
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    expect(await client.read(/<.>/)).toMatch('<2>')
  })

  test('closes the origin it used longest ago beyond maxOrigins', async () => {
    const closed: string[] = []
    const open = (name: string) =>
      fixture.web(
        (_, response) => response.end(name),
        (server) => server.on('connection', (socket) => socket.on('close', () => closed.push(name))),
      )
    const client = fixture.client(await fixture.proxy({ maxOrigins: 2 }))
    for (const name of ['a', 'b', 'c']) {
      client.send(`GET http://${await open(name)}/ HTTP/1.1`, 'Host: x', '', '')
      await client.read(`\r\n\r\n${name}`)
    }
    await until(() => closed.length > 0, 'the end of a connection')
    await turns(50)
    expect(closed).toEqual(['a'])
  })

  test('goes through dial with its source and user', async () => {
    const origin = await fixture.web((_, response) => response.end('ok'))
    const seen: unknown[] = []
    const port = await fixture.proxy({ accounts: [{ username: 'ann', password: 'pw' }] }, (target, info) => {
      seen.push(target, info.kind, info.source, info.user)
      return dialDirect(target, info)
    })
    const client = fixture.client(port)
    const authorization = `Proxy-Authorization: Basic ${btoa('ann:pw')}`
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', authorization, '', '')
    await client.read('ok')
    const [host, originPort] = origin.split(':')
    const source = { host: '127.0.0.1', port: client.socket.localPort }
    expect(seen).toEqual([{ host, port: Number(originPort) }, 'http', source, 'ann'])
  })

  test('keeps the length that HEAD announces and sends no body', async () => {
    const origin = await fixture.web((_, response) => response.writeHead(200, { 'Content-Length': 5000 }).end())
    const client = fixture.client(await fixture.proxy())
    client.send(`HEAD http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', 'Connection: close', '', '')
    expect(await client.read('\r\n\r\n')).toMatch('Content-Length: 5000')
    expect(await client.read('\r\n')).toBe('HTTP/1.1 200 OK\r\n')
  })

  test('of HTTP/1.0 gets an unchunked response that ends with the connection', async () => {
    const origin = await fixture.web((_, response) => {
      response.writeHead(200, { Trailer: 'X-T' })
      response.write('one')
      response.end('two')
    })
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/ HTTP/1.0`, '', '')
    expect(await client.readAll()).toMatch(/\r\n\r\nonetwo$/)
  })

  test('gets its response when the client has ended its side', async () => {
    const origin = await fixture.web((_, response) => void setImmediate(() => response.end('answer')))
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '').socket.end()
    expect(await client.readAll()).toMatch(/\r\n\r\nanswer$/)
  })

  test('cuts the connection when the origin cuts its response short', async () => {
    const origin = await fixture.tcp((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart'))
    })
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    expect(await client.readAll()).toMatch(/part$/)
  })

  test('ends at its origin when the client leaves', async () => {
    let left: () => void = () => {}
    const gone = new Promise<void>((resolve) => (left = resolve))
    const origin = await fixture.web((_, response) => {
      response.on('close', left)
      response.write('x')
    })
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    await client.read('\r\n\r\n')
    client.socket.resetAndDestroy()
    await expect(gone).resolves.toBeUndefined()
  })
})

describe('requests for the proxy itself', () => {
  test('do not go round and round in a transparent proxy', async () => {
    const port = await fixture.proxy({ transparent: true })
    const client = fixture.client(port).send('GET / HTTP/1.1', `Host: 127.0.0.1:${port}`, '', '')
    expect(await client.readAll()).toMatch(/^HTTP\/1.1 400 [\s\S]*leads back to the proxy itself\n$/)
  })

  test.each(['rebound.example', 'localhost', '127.0.0.2', '[::1]'])(
    'are known by the port, whatever name leads here: %s',
    async (host) => {
      const port = await fixture.proxy({ transparent: true })
      const client = fixture.client(port).send('GET / HTTP/1.1', `Host: ${host}:${port}`, '', '')
      expect(await client.readAll()).toMatch(/^HTTP\/1.1 400 [\s\S]*leads back to the proxy itself\n$/)
    },
  )

  test('get 200 for OPTIONS *', async () => {
    const client = fixture.client(await fixture.proxy())
    client.send('OPTIONS * HTTP/1.1', 'Host: x', '', '')
    expect(await client.read('\r\n\r\n')).toMatch(/^HTTP\/1.1 200 /)
  })

  test('are those with Max-Forwards: 0', async () => {
    const client = fixture.client(await fixture.proxy())
    client.send('OPTIONS http://nowhere.invalid/ HTTP/1.1', 'Host: x', 'Max-Forwards: 0', '', '')
    expect(await client.read('\r\n\r\n')).toMatch(/^HTTP\/1.1 200 /)
  })

  test('are counted on the way', async () => {
    const origin = await fixture.web((request, response) =>
      response.end(`<${String(request.headers['max-forwards'])}>`),
    )
    const client = fixture.client(await fixture.proxy())
    client.send(`OPTIONS http://${origin} HTTP/1.1`, 'Host: x', 'Max-Forwards: 3', '', '')
    expect(await client.read(/<.*>/)).toMatch('<2>')
  })

  test('in origin-form are refused with a hint', async () => {
    const client = fixture.client(await fixture.proxy())
    client.send('GET / HTTP/1.1', 'Host: x', '', '')
    expect(await client.readAll()).toMatch(/^HTTP\/1.1 400 [\s\S]*this is an HTTP proxy: ask it for a full URL/)
  })

  test.each([
    ['a foreign page', 'https://evil.example'],
    ['a page without an origin', 'null'],
    ['a page of the same host with another port', 'http://127.0.0.1:1'],
  ])('in origin-form are refused with 403 to %s', async (_who, page) => {
    const origin = await fixture.web((_request, response) => response.end('secret'))
    const client = fixture.client(await fixture.proxy({ transparent: true }))
    client.send('GET / HTTP/1.1', `Host: ${origin}`, `Origin: ${page}`, 'Connection: close', '', '')
    expect(await client.readAll()).toMatch(/^HTTP\/1\.1 403 (?![^]*secret)/)
  })

  test('in origin-form go to their Host for a page of that host', async () => {
    const origin = await fixture.web((_request, response) => response.end('<own>'))
    const client = fixture.client(await fixture.proxy({ transparent: true }))
    client.send('POST / HTTP/1.1', `Host: ${origin}`, `Origin: http://${origin}`, 'Content-Length: 0', '', '')
    expect(await client.read(/<.*>/)).toMatch('<own>')
  })

  test.each([false, true])(
    'in absolute-form keep the Origin of any page: its browser was told to use the proxy, transparent or not (%s)',
    async (transparent) => {
      const origin = await fixture.web((request, response) => response.end(`<${request.headers.origin}>`))
      const client = fixture.client(await fixture.proxy({ transparent }))
      client.send(`GET http://${origin}/ HTTP/1.1`, `Host: ${origin}`, 'Origin: https://page.example', '', '')
      expect(await client.read(/<.*>/)).toMatch('<https://page.example>')
    },
  )

  test('in origin-form go to their Host with the option transparent', async () => {
    const origin = await fixture.web((request, response) => response.end(`<${request.url}>`))
    const client = fixture.client(await fixture.proxy({ transparent: true }))
    client.send('GET /page HTTP/1.1', `Host: ${origin}`, '', '')
    expect(await client.read(/<.*>/)).toMatch('</page>')
  })
})
