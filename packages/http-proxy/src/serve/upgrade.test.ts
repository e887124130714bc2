import { describe, expect, test } from 'vitest'
import { useProxyFixture } from '../../testing/proxy-fixture.js'

const fixture = useProxyFixture()

/** An origin that upgrades to an echo of bytes, and answers with the requested protocol. */
function echoOrigin() {
  return fixture.web(
    (request, response) => response.end(`<${request.headers.upgrade ?? 'no upgrade'}>`),
    (server) => {
      server.on('upgrade', (request, socket, head) => {
        socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${request.headers.upgrade}\r\nX-A: b\r\n`)
        socket.write('Connection: Upgrade\r\n\r\nhello ')
        socket.write(head)
        socket.pipe(socket)
      })
    },
  )
}

describe('Upgrade', () => {
  test('opens a two-way stream, with the first bytes of both sides', async () => {
    const origin = await echoOrigin()
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', 'Upgrade: websocket', 'Connection: Upgrade', '', 'early ')
    expect(await client.read('\r\n\r\n')).toBe(
      'HTTP/1.1 101 Switching Protocols\r\nX-A: b\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    )
    expect(await client.read('early ')).toBe('hello early ')
    client.send('more')
    client.socket.end()
    expect(await client.readAll()).toBe('more')
  })

  test('that the origin declines is answered with its response, then closed', async () => {
    const origin = await fixture.web(
      () => {},
      (server) => {
        server.on('upgrade', (_, socket) => {
          socket.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno')
        })
      },
    )
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', 'Upgrade: websocket', 'Connection: Upgrade', '', '')
    expect(await client.readAll()).toMatch(/^HTTP\/1.1 426 Upgrade Required[\s\S]*Connection: close\r\n\r\nno$/)
  })

  test('that the origin declines at length is answered in full', async () => {
    const body = 'x'.repeat(3_000_000)
    const origin = await fixture.tcp((socket) => {
      socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${body}`))
    })
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/ HTTP/1.0`, 'Host: x', 'Upgrade: websocket', 'Connection: Upgrade', '', '')
    expect((await client.readAll()).split('\r\n\r\n')[1]).toHaveLength(body.length)
  })

  test('to h2c is ignored, and the connection continues', async () => {
    const origin = await echoOrigin()
    const client = fixture.client(await fixture.proxy())
    const fields = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAMAAABk']
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', ...fields, '', '')
    expect(await client.read('>')).toMatch(/^HTTP\/1.1 200 [\s\S]*<no upgrade>$/)
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    expect(await client.read('>')).toMatch(/^HTTP\/1.1 200 /)
  })

  test('with a body is ignored, and the body arrives', async () => {
    const origin = await fixture.web((request, response) => void request.pipe(response))
    const client = fixture.client(await fixture.proxy())
    const fields = ['Connection: Upgrade', 'Upgrade: tls/1.0', 'Transfer-Encoding: chunked']
    client.send(`POST http://${origin}/ HTTP/1.1`, 'Host: x', ...fields, '', '4', 'body', '0', '', '')
    expect(await client.read('body')).toMatch(/^HTTP\/1.1 200 /)
  })

  test('to a target that refuses is answered with 502', async () => {
    const client = fixture.client(await fixture.proxy())
    client.send('GET http://127.0.0.1:1/ HTTP/1.1', 'Host: x', 'Upgrade: websocket', 'Connection: Upgrade', '', '')
    expect(await client.readAll()).toMatch(/^HTTP\/1.1 502 [\s\S]*refused: /)
  })

  test('waits behind a pipelined request', async () => {
    const origin = await echoOrigin()
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', 'Upgrade: websocket', 'Connection: Upgrade', '', 'early')
    expect(await client.read('early')).toMatch(/^HTTP\/1.1 200 [\s\S]*<no upgrade>HTTP\/1.1 101 /)
  })

  test('that comes unasked from the origin is an error', async () => {
    const origin = await fixture.tcp((socket) => {
      socket.once('data', () =>
        socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n'),
      )
    })
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    expect(await client.read('\n\r\n')).toMatch(/^HTTP\/1.1 502 /)
  })
})
