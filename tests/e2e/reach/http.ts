import { type ClientRequest, type IncomingMessage, request, type RequestListener, type RequestOptions } from 'node:http'
import type { Socket } from 'node:net'
import { within } from '@ls/testkit'
import { httpTarget, type Target, tcpTarget } from './target.js'
import type { Way } from './way.js'

/** Fields that concern one connection only, and the field that every server writes itself. */
const ofOneHop = new Set(['connection', 'keep-alive', 'transfer-encoding', 'date'])

interface HttpCase extends RequestOptions {
  readonly title: string
  /** An origin, or the raw bytes that it sends before it ends. */
  readonly origin: RequestListener | string
  readonly body?: readonly string[]
  readonly trailers?: Record<string, string>
}

const page = '<html>page</html>'
const sized = `Content-Length: ${page.length}\r\n`

/** Answers with the request as the origin received it. */
const mirror: RequestListener = (incoming, response) => {
  let body = ''
  incoming.setEncoding('latin1').on('data', (text: string) => (body += text))
  incoming.on('end', () => {
    const fields = Object.entries(incoming.headers).filter(([name]) => name.startsWith('x-'))
    const seen = [incoming.method, incoming.url, fields, body.length, body.slice(0, 60), incoming.trailers]
    response.end(Buffer.from(JSON.stringify(seen), 'latin1'))
  })
}

const cases: readonly HttpCase[] = [
  { title: 'HTTP/1.0 with a length', origin: `HTTP/1.0 200 OK\r\n${sized}\r\n${page}` },
  { title: 'HTTP/1.0 to the end of the connection', origin: `HTTP/1.0 200 OK\r\nX-A: 1\r\n\r\n${page}` },
  { title: 'HTTP/1.1 to the end of the connection', origin: `HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${page}` },
  { title: 'a length of 0', origin: 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n' },
  { title: 'no reason', origin: `HTTP/1.1 200\r\n${sized}\r\n${page}` },
  { title: 'chunks', origin: (_, response) => void response.write('one', () => response.end('two')) },
  { title: 'chunks and trailers', origin: chunkedWithTrailers, headers: { TE: 'trailers', Connection: 'TE' } },
  {
    title: '103 before 200',
    origin: `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n${sized}\r\n${page}`,
  },
  {
    title: '102 twice before 200',
    origin: `${'HTTP/1.1 102 Processing\r\n\r\n'.repeat(2)}HTTP/1.1 200 OK\r\n${sized}\r\n${page}`,
  },
  { title: '100, asked for', origin: mirror, method: 'PUT', headers: { Expect: '100-continue' }, body: ['content'] },
  { title: 'HEAD with a length', method: 'HEAD', origin: 'HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n' },
  { title: 'HEAD, chunked', method: 'HEAD', origin: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n' },
  { title: '204', origin: 'HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n' },
  { title: '205', origin: 'HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n' },
  { title: '304 with a length', origin: 'HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\nETag: "a"\r\n\r\n' },
  { title: '206', origin: `HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-16/99\r\n${sized}\r\n${page}` },
  { title: '302', origin: 'HTTP/1.1 302 Found\r\nLocation: http://elsewhere.test/\r\nContent-Length: 0\r\n\r\n' },
  {
    title: '401',
    origin: 'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="r"\r\nContent-Length: 0\r\n\r\n',
  },
  { title: '404', origin: `HTTP/1.1 404 Not Found\r\n${sized}\r\n${page}` },
  { title: '503 with Retry-After', origin: 'HTTP/1.1 503 Busy\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n' },
  { title: '599', origin: `HTTP/1.1 599 Odd\r\n${sized}\r\n${page}` },
  {
    title: 'fields twice, in odd case',
    origin: `HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nX-UP: 1\r\nset-cookie: b\r\n${sized}\r\n${page}`,
  },
  { title: 'bytes above 0x7F in a field', origin: `HTTP/1.1 200 OK\r\nX-N: h\u00e4\u00ff\r\n${sized}\r\n${page}` },
  {
    title: '50 KiB of fields',
    origin: `HTTP/1.1 200 OK\r\n${manyFields()}${sized}\r\n${page}`,
    maxHeaderSize: 100_000,
  },
  { title: 'server-sent events', origin: events },
  { title: '1 MB', origin: (_, response) => void response.end(Buffer.alloc(1_000_000, 'x')) },
  { title: 'fewer bytes than its length', origin: `HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n${page}` },
  { title: 'chunks without their end', origin: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n' },
  {
    title: 'POST with a length',
    origin: mirror,
    method: 'POST',
    headers: { 'Content-Length': '7' },
    body: ['content'],
  },
  {
    title: 'POST in chunks, with trailers',
    origin: mirror,
    method: 'POST',
    body: ['one', 'two'],
    trailers: { 'X-T': '1' },
    headers: { Trailer: 'X-T' },
  },
  { title: 'POST without a body', origin: mirror, method: 'POST', headers: { 'Content-Length': '0' } },
  { title: 'DELETE with a body', origin: mirror, method: 'DELETE', headers: { 'Content-Length': '3' }, body: ['why'] },
  { title: 'PROPFIND', origin: mirror, method: 'PROPFIND', headers: { 'X-Depth': '1' } },
  { title: 'a path of 8 KiB', origin: mirror, path: `/${'p'.repeat(8192)}` },
  { title: 'bytes above 0x7F in a path', origin: mirror, path: '/h\u00e4\u00ff?q=\u0080' },
  { title: 'odd characters in a path', origin: mirror, path: '/"<>|^`{}\\[]%zz?a=b?c//d/../e' },
  { title: 'a request field of 40 KiB', origin: mirror, headers: { 'X-Big': 'b'.repeat(40_000) } },
  { title: 'bytes above 0x7F in a request field', origin: mirror, headers: { 'X-N': 'h\u00e4\u00ff' } },
  { title: 'Upgrade, and bytes both ways', origin: upgrading(), headers: { Connection: 'Upgrade', Upgrade: 'odd' } },
  {
    title: 'Upgrade that is not taken',
    origin: `HTTP/1.1 200 OK\r\n${sized}\r\n${page}`,
    headers: { Connection: 'Upgrade', Upgrade: 'odd' },
  },
]

/** HTTP as old and new origins send it. */
export function httpTargets(): Target[] {
  return cases.map((each) => {
    let port: Promise<number> | undefined
    return { title: each.title, reach: async (way) => exchange(way, await (port ??= originOf(each.origin)), each) }
  })
}

function originOf(origin: HttpCase['origin']): Promise<number> {
  if (typeof origin !== 'string') return httpTarget(origin)
  return tcpTarget((socket) => {
    let head = ''
    socket.setEncoding('latin1').on('data', (text: string) => {
      head += text
      if (head.endsWith('\r\n\r\n') || origin.includes(' 101 ')) answer(socket, head, origin)
    })
  })
}

function answer(socket: Socket, head: string, response: string): void {
  if (!response.includes(' 101 ')) return void socket.end(response, 'latin1')
  if (head.endsWith('\r\n\r\n')) socket.write(`${response}<welcome>`, 'latin1')
  else if (head.endsWith('<ping>')) socket.end('<pong>')
}

async function exchange(way: Way, port: number, each: HttpCase): Promise<unknown> {
  const { path = '/', headers = {}, body = [], trailers, title: _title, origin: _origin, ...options } = each
  const authority = `127.0.0.1:${port}`
  const sent = request({
    ...options,
    host: '127.0.0.1',
    port: way.httpProxyPort ?? port,
    path: way.httpProxyPort === undefined ? path : `http://${authority}${path}`,
    headers: { ...(headers as Record<string, string>), Host: authority },
    agent: false,
  })
  const outcome = outcomeOf(sent)
  for (const piece of body) sent.write(piece)
  if (trailers !== undefined) sent.addTrailers(trailers)
  sent.end()
  return within(outcome, `the response of '${each.title}' ${way.name}`, { timeoutMs: 10_000 })
}

/** Returns everything that a client can see of the answer. */
function outcomeOf(sent: ClientRequest): Promise<unknown> {
  return new Promise((resolve) => {
    const informational: unknown[] = []
    let responded = false
    sent.on('information', ({ statusCode, rawHeaders }) => informational.push([statusCode, rawHeaders]))
    // After a response, an error only shows how the connection ended.
    sent.on('error', (error: NodeJS.ErrnoException) => {
      if (!responded) resolve(error.code)
    })
    sent.on('upgrade', (response, socket, head) => {
      let text = head.toString()
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
      socket.on('end', () => socket.end()).on('close', () => resolve([response.statusCode, text]))
      socket.write('<ping>')
    })
    sent.on('response', (response) => {
      responded = true
      let body = ''
      response
        .setEncoding('latin1')
        .on('data', (text: string) => (body += text))
        .on('error', () => {})
      response.on('close', () => resolve({ informational, ...headOf(response), body, whole: response.complete }))
    })
  })
}

function headOf({ statusCode, statusMessage, rawHeaders, rawTrailers }: IncomingMessage): object {
  const fields: string[] = []
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const [name = '', value = ''] = rawHeaders.slice(at, at + 2)
    if (!ofOneHop.has(name.toLowerCase())) fields.push(`${name}: ${value}`)
  }
  return { statusCode, statusMessage, fields, rawTrailers }
}

function chunkedWithTrailers(...[, response]: Parameters<RequestListener>): void {
  response.writeHead(200, { Trailer: 'X-Sum' })
  response.write('one')
  response.addTrailers({ 'X-Sum': 'abc' })
  response.end('two')
}

/** Sends the second event only when the first has had time to arrive. */
function events(...[, response]: Parameters<RequestListener>): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' })
  response.write('data: 1\n\n')
  setTimeout(() => response.end('data: 2\n\n'), 20)
}

function upgrading(): string {
  return 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: odd\r\n\r\n'
}

function manyFields(): string {
  return Array.from({ length: 50 }, (_, at) => `X-${at}: ${'v'.repeat(1000)}\r\n`).join('')
}
