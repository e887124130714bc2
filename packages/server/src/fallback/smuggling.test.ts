import { createServer, type IncomingMessage } from 'node:http'
import { connect } from 'node:net'
import { onceEvent } from '@ls/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { LinkSocksServer } from '../server.js'

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

interface Served {
  /** Pieces in which the body came. */
  readonly pieces: number
  readonly line: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A web server that records its requests, behind a LinkSocks server; `send` resolves with the whole answer. */
async function start() {
  const served: Served[] = []
  const site = createServer((request, response) => {
    let body = ''
    let pieces = 0
    request.on('data', (chunk: Buffer) => {
      pieces++
      body += chunk.toString('latin1')
    })
    request.on('end', () => {
      served.push({ pieces, line: `${request.method} ${request.url}`, headers: request.headers, body })
      response.end(`<${request.url}>`)
    })
  })
  // Node 26 refuses more fields than its limit.
  site.maxHeadersCount = 0
  site.listen(0, '127.0.0.1')
  await onceEvent(site, 'listening')
  const { port } = site.address() as { port: number }
  const server = new LinkSocksServer({ host: '127.0.0.1', port: 0, fallback: `http://127.0.0.1:${port}` })
  await server.listen()
  cleanups.push(() => {
    site.closeAllConnections()
    site.close()
    return server.close()
  })
  return { served, host: `127.0.0.1:${port}`, send: (text: string) => exchange(server.address?.port ?? 0, text) }
}

async function exchange(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  cleanups.push(() => socket.destroy())
  let answer = ''
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')))
  socket.write(text, 'latin1')
  await onceEvent(socket, 'end')
  return answer
}

const hidden = 'GET /hidden HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: 9.9.9.9\r\n\r\n'

function request(fields: readonly string[], body: string, method = 'GET'): string {
  return [`${method} / HTTP/1.1`, 'Host: visitor.example', ...fields, '', body].join('\r\n')
}

/** Node drops fields beyond some 1000, unless it is told otherwise. */
const many = Array.from({ length: 1100 }, () => 'a: b')

describe('a fallback URL gets one request for one request', () => {
  const sized = `Content-Length: ${hidden.length}`
  const chunk = `${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`
  test.each<[what: string, text: string]>([
    ['a body with a length that Connection names', request(['Connection: content-length, close', sized], hidden)],
    ['the same in other letters', request(['Connection: close , Content-LENGTH', sized], hidden)],
    ['the same of DELETE', request(['Connection: content-length, close', sized], hidden, 'DELETE')],
    ['the same of POST', request(['Connection: content-length, close', sized], hidden, 'POST')],
    [
      'chunks that Connection names',
      request(['Connection: transfer-encoding, close', 'Transfer-Encoding: chunked'], chunk),
    ],
    ['a length behind more fields than Node counts', request([...many, 'Connection: close', sized], hidden)],
    ['chunks behind them', request([...many, 'Connection: close', 'Transfer-Encoding: chunked'], chunk)],
  ])('%s', async (_what, text) => {
    const { served, send } = await start()
    await send(text)
    expect(served.map(({ line, body }) => [line.split(' ')[1], body])).toEqual([['/', hidden]])
  })

  test.each<[what: string, fields: string[], body: string]>([
    ['a coding below chunked', ['Transfer-Encoding: gzip, chunked'], chunk],
    ['a coding unknown', ['Transfer-Encoding: xchunked'], chunk],
    ['chunked twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], chunk],
    ['chunked not at the end', ['Transfer-Encoding: chunked, identity'], chunk],
    ['a length and chunks', [sized, 'Transfer-Encoding: chunked'], chunk],
    ['a tab in front of chunked', ['Transfer-Encoding:\u000bchunked'], chunk],
  ])('and none for one with %s', async (_what, fields, body) => {
    const { served, send } = await start()
    const answer = await send(request(fields, body))
    expect({ served: served.length, answers: answer.match(/HTTP\/1\.1 \d/g)?.length }).toEqual({
      served: 0,
      answers: 1,
    })
    expect(answer).toMatch(/^HTTP\/1\.1 (?:400|501) [^]*connection: close/i)
  })

  test('and none for chunks of HTTP/1.0', async () => {
    const { served, send } = await start()
    await send(`POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n${chunk}`)
    expect(served).toEqual([])
  })
})

describe('a fallback URL', () => {
  test('gets the visitor even if Connection names that field', async () => {
    const { served, host, send } = await start()
    const names = 'host, x-forwarded-for, X-Forwarded-Host, x-forwarded-proto, cookie, close'
    await send(request([`Connection: ${names}`, 'Cookie: a=1'], ''))
    expect(served[0]?.headers).toMatchObject({
      host,
      cookie: 'a=1',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': 'visitor.example',
      'x-forwarded-proto': 'http',
    })
  })

  test('gets no field of the visitor that names a visitor', async () => {
    const { served, send } = await start()
    const forged = [
      'X-Real-IP',
      'X_Forwarded_For',
      'X-Forwarded',
      'X-Forwarded-Client-Cert',
      'X-Forwarded-Port',
      'X-Original-Host',
      'CF-Connecting-IP',
      'CF-Connecting-IPv6',
      'Fly-Client-IP',
      'True-Client-IP',
    ]
    await send(request(['Connection: close', ...forged.map((name) => `${name}: 9.9.9.9`)], ''))
    expect(JSON.stringify(served[0]?.headers)).not.toMatch('9.9.9.9')
  })

  test('does not get fields that Connection names for this hop only', async () => {
    const { served, send } = await start()
    await send(request(['Connection: x-hop, close', 'X-Hop: 1', 'X-End: 2'], ''))
    expect({ xHop: served[0]?.headers['x-hop'], xEnd: served[0]?.headers['x-end'] }).toEqual({
      xHop: undefined,
      xEnd: '2',
    })
  })
})

test.each([
  ['h2c', undefined],
  ['websocket, H2C', 'websocket'],
])('a fallback URL gets the upgrade to %s as one to %s', async (protocols, onward) => {
  const { served, send } = await start()
  await send(request(['Connection: Upgrade, HTTP2-Settings', `Upgrade: ${protocols}`, 'HTTP2-Settings: AAMAAABk'], ''))
  expect(served[0]?.headers.upgrade).toBe(onward)
})

test('a body in chunks of one byte reaches the site in few pieces', async () => {
  const { send, served } = await start()
  const body = `${'1\r\na\r\n'.repeat(1000)}0\r\n\r\n`
  await send(request(['Transfer-Encoding: chunked', 'Connection: close'], body, 'POST'))
  expect(served[0]?.pieces).toBeLessThan(20)
})
