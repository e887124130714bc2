import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { freePort, onceEvent, socketEnd, tcpServer, until } from '@ls/testkit'
import { listen as listenWebSocket, connect as connectWebSocket } from '@ls/transport'
import { afterEach, describe, expect, test } from 'vitest'
import { LinkSocksServer } from '../server.js'

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** A web server, and a LinkSocks server in front of it. */
async function start(answer: (request: IncomingMessage, response: ServerResponse) => void, origin?: string) {
  const site = createServer(answer)
  site.listen(0, '127.0.0.1')
  await onceEvent(site, 'listening')
  cleanups.push(() => {
    site.closeAllConnections()
    site.close()
  })
  return { site, ...(await open(origin ?? `http://127.0.0.1:${portOf(site)}`)) }
}

async function front(fallback: string): Promise<string> {
  return (await open(fallback)).url
}

async function open(fallback: string) {
  const server = new LinkSocksServer({ host: '127.0.0.1', port: 0, fallback })
  await server.listen()
  const close = (): Promise<void> => server.close()
  cleanups.push(close)
  return { url: `http://127.0.0.1:${server.address?.port}`, close }
}

function portOf(server: Server): number {
  return (server.address() as { port: number }).port
}

describe('a fallback URL', () => {
  test('passes requests and answers on unchanged', async () => {
    const { url } = await start((request, response) => {
      response.writeHead(418, 'Teapot', { 'X-A': '1', 'Set-Cookie': ['a=1', 'b=2'] })
      response.end(`${request.method} ${request.url} ${String(request.headers['x-b'])}`)
    })
    const answer = await fetch(`${url}/path?query`, { method: 'PUT', headers: { 'x-b': '2' } })
    expect({
      status: answer.status,
      statusText: answer.statusText,
      setCookie: answer.headers.getSetCookie(),
      text: await answer.text(),
    }).toEqual({ status: 418, statusText: 'Teapot', setCookie: ['a=1', 'b=2'], text: 'PUT /path?query 2' })
  })

  test('is passed on with few enough listeners that Node does not warn', async () => {
    const warnings: Error[] = []
    const onWarning = (warning: Error): void => void warnings.push(warning)
    process.on('warning', onWarning)
    cleanups.push(() => process.off('warning', onWarning))
    const { url } = await start((_request, response) => void response.end('page'))
    await (await fetch(url)).text()
    await nextTurn()
    expect(warnings).toEqual([])
  })

  test('gets bodies of either framing, and of GET too', async () => {
    const { url } = await start((request, response) => void request.pipe(response))
    const body = 'x'.repeat(1_000_000)
    const sized = await fetch(url, { method: 'POST', body })
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    cleanups.push(() => socket.destroy())
    socket.write(
      'GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n',
    )
    let text = ''
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
    await onceEvent(socket, 'close')
    expect({ isWhole: (await sized.text()) === body, hasBody: text.includes('body') }).toEqual({
      isWhole: true,
      hasBody: true,
    })
  })

  test('gets the visitor and the name that was asked for; forged fields are removed', async () => {
    const { site, url } = await start(({ headers }, response) => {
      const { host, connection, 'x-forwarded-for': by, 'x-forwarded-host': name, forwarded } = headers
      response.end(JSON.stringify({ host, connection, by, name, forwarded }))
    })
    const answer = await fetch(url, { headers: { 'x-forwarded-for': '1.1.1.1', forwarded: 'for=1.1.1.1' } })
    expect(await answer.json()).toEqual({
      host: `127.0.0.1:${portOf(site)}`,
      connection: 'keep-alive',
      by: '127.0.0.1',
      name: new URL(url).host,
    })
  })

  test('redirects to itself become redirects to us', async () => {
    const { site, url } = await start((_request, response) => {
      response.writeHead(302, { Location: `http://127.0.0.1:${portOf(site)}/next?a` }).end()
    })
    const answer = await fetch(url, { redirect: 'manual' })
    expect(answer.headers.get('location')).toBe('/next?a')
  })

  test('that does not answer is a 502', async () => {
    const url = await front(`http://127.0.0.1:${await freePort()}`)
    const answer = await fetch(url)
    expect({ status: answer.status, text: await answer.text() }).toEqual({ status: 502, text: '502 bad gateway\n' })
  })

  test.each([
    ['a status that Node does not send', 'HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['a control character in the reason', 'HTTP/1.1 200 O\u0001K\r\nContent-Length: 2\r\n\r\nok'],
    ['an upgrade that was not requested', 'HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'],
  ])('that answers with %s is a 502', async (_what, text) => {
    const site = await tcpServer((socket) => void socket.once('data', () => socket.write(text)))
    cleanups.push(site.close)
    expect((await fetch(await front(`http://127.0.0.1:${site.port}`))).status).toBe(502)
  })

  test('that breaks off in the middle makes the answer break off too', async () => {
    const { url } = await start((_request, response) => {
      response.writeHead(200, { 'Content-Length': 10 })
      response.write('half', () => response.destroy())
    })
    await expect(fetch(url).then((answer) => answer.text())).rejects.toThrow('terminated')
  })

  test('is not asked any more when the visitor leaves', async () => {
    let left = false
    const controller = new AbortController()
    const { url } = await start((_request, response) => {
      response.once('close', () => (left = true))
      controller.abort()
    })
    await expect(fetch(url, { signal: controller.signal })).rejects.toThrow('aborted')
    await until(() => left, 'the end of its request')
    expect(left).toBe(true)
  })

  test('sends no faster than the visitor reads', async () => {
    let written = 0
    const { url } = await start((_request, response) => {
      const write = (): void => {
        while (written < 256 * 2 ** 20 && response.write(Buffer.alloc(65_536))) written += 65_536
      }
      response.on('drain', write)
      write()
    })
    const socket = connect(Number(new URL(url).port), '127.0.0.1')
    cleanups.push(() => socket.destroy())
    socket.pause().write('GET / HTTP/1.1\r\nHost: h\r\n\r\n')
    await settled(() => written)
    expect(written).toBeLessThan(64 * 2 ** 20)
  })

  test('gets upgrades, and carries them', async () => {
    const echo = await listenWebSocket({
      port: 0,
      onTransport: (transport) =>
        transport.setHandler({ onMessage: (message) => void transport.send(message), onDrain() {}, onClose() {} }),
    })
    cleanups.push(() => echo.closeAll())
    const url = await front(`http://127.0.0.1:${echo.address().port}`)
    const transport = await connectWebSocket({ url: `${url}/chat` })
    cleanups.push(() => transport.destroy())
    const echoed = new Promise<number>((resolve) => {
      transport.setHandler({ onMessage: ({ length }) => resolve(length), onDrain() {}, onClose() {} })
    })
    transport.send(Buffer.alloc(1_000_000))
    expect(await echoed).toBe(1_000_000)
  })

  test('may answer an upgrade with a page', async () => {
    const { url } = await start((_request, response) => void response.end('a page'))
    const { socket, text } = await upgrade(url)
    await onceEvent(socket, 'close')
    expect(text()).toMatch(/^HTTP\/1.1 200 OK[^]*a page$/)
  })

  test('ends an upgraded connection when the visitor does', async () => {
    const { visitor, behind } = await upgraded()
    visitor.end()
    expect(await socketEnd(behind)).toBe('end')
  })

  test('resets the visitor of an upgraded connection that is reset behind', async () => {
    const { visitor, behind } = await upgraded()
    behind.resetAndDestroy()
    expect(await socketEnd(visitor)).toBe('ECONNRESET')
  })

  test('resets an upgraded connection behind when the visitor resets it', async () => {
    const { visitor, behind } = await upgraded()
    visitor.resetAndDestroy()
    expect(await socketEnd(behind)).toBe('ECONNRESET')
  })

  test('resets upgraded connections when the server closes', async () => {
    const { visitor, close } = await upgraded()
    void close()
    expect(await socketEnd(visitor)).toBe('ECONNRESET')
  })

  test('resets an answer that only its end delimits, where its connection is reset together with data', async () => {
    const site = await tcpServer((socket) => {
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(3000)}`)
        socket.resetAndDestroy()
      })
    })
    cleanups.push(() => site.close())
    const url = new URL(await front(`http://127.0.0.1:${site.port}`))
    // The data and the reset arrive in one read or in two.
    const ends = Array.from({ length: 20 }, async () => {
      const visitor = connect(Number(url.port), url.hostname)
      visitor.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
      return socketEnd(visitor)
    })
    expect(new Set(await Promise.all(ends))).toEqual(new Set(['ECONNRESET']))
  })

  test('passes on an answer that only its end delimits', async () => {
    const site = await tcpServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\n\r\nwhole'))
    })
    cleanups.push(() => site.close())
    const answer = await fetch(await front(`http://127.0.0.1:${site.port}`))
    expect(await answer.text()).toBe('whole')
  })

  test('resets an answer whose end is all that frames it when the server closes', async () => {
    const { visitor, close } = await halfAnswered()
    void close()
    expect(await socketEnd(visitor)).toBe('ECONNRESET')
  })

  test('resets such an answer when the visitor sends bytes that are not HTTP', async () => {
    const { visitor } = await halfAnswered()
    visitor.write('no HTTP\r\n\r\n')
    expect(await socketEnd(visitor)).toBe('ECONNRESET')
  })

  /** A visitor that has a part of an answer without a length. */
  async function halfAnswered() {
    const { url, close } = await start((_request, response) => {
      response.writeHead(200, { Connection: 'close' }).write('half')
    })
    const visitor = connect(Number(new URL(url).port), '127.0.0.1')
    visitor.write('GET / HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n')
    await onceEvent(visitor, 'data')
    return { visitor, close }
  }

  /** Both ends of a connection that was upgraded. */
  async function upgraded() {
    const site = createServer()
    const asked = new Promise<Socket>((resolve) =>
      site.on('upgrade', (_request, socket: Socket) => {
        socket.on('error', () => {})
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhello')
        resolve(socket)
      }),
    )
    site.listen(0, '127.0.0.1')
    await onceEvent(site, 'listening')
    cleanups.push(() => site.close())
    const { url, close } = await open(`http://127.0.0.1:${portOf(site)}`)
    const { socket: visitor, text } = await upgrade(url)
    const behind = await asked
    await until(() => text().endsWith('hello'), 'the first bytes')
    return { visitor, behind, close }
  }
})

async function upgrade(url: string) {
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  cleanups.push(() => socket.destroy())
  let text = ''
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
  socket.write('GET /chat HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  await onceEvent(socket, 'connect')
  return { socket, text: () => text }
}

/** Waits until a number has not changed for a while. */
async function settled(read: () => number): Promise<void> {
  for (let before = -1; before !== read();) {
    before = read()
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
}
