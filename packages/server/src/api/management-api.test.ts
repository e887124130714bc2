import { request } from 'node:http'
import { createServer } from 'node:net'
import type { Logger } from '@ls/foundation'
import { afterDelay, FakeClock, freePort, onceEvent } from '@ls/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ServerOptions } from '../options/server-options.js'
import { LinkSocksServer } from '../server.js'
import { tokenId } from '../tokens/token-text.js'
import { version } from '../version.js'
import { maxBodyBytes } from './read-body.js'

const apiKey = 'sekret'
let server: LinkSocksServer

beforeEach(() => start())
afterEach(() => server.close())

async function start(options: ServerOptions = {}): Promise<void> {
  server = new LinkSocksServer({ host: '127.0.0.1', port: 0, api: { key: apiKey }, ...options })
  await server.listen()
}

async function restart(options: ServerOptions): Promise<void> {
  await server.close()
  await start(options)
}

/** Calls the API; resolves with status and parsed body. */
async function call(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = { 'x-api-key': apiKey },
) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const answer = await fetch(urlOf(path), { method, headers, ...(body === undefined ? {} : { body: text }) })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown>, headers: answer.headers }
}

function urlOf(path: string): string {
  return `http://127.0.0.1:${server.address?.port}${path}`
}

function refusal(error: unknown) {
  return { status: 200, body: { success: false, error } }
}

describe('a page of another origin', () => {
  const asking = { origin: 'https://app.example', 'access-control-request-method': 'GET' }

  test('that is named is told before that it may call, without the key', async () => {
    await restart({ allowOrigins: ['https://app.example'] })
    const { status, headers } = await fetch(urlOf('/api/status'), { method: 'OPTIONS', headers: asking })
    expect({ status, allowedOrigin: headers.get('access-control-allow-origin') }).toEqual({
      status: 204,
      allowedOrigin: 'https://app.example',
    })
  })

  test('that is named may read why it is refused', async () => {
    await restart({ allowOrigins: ['https://app.example'] })
    const { status, headers } = await call('GET', '/api/status', undefined, { origin: 'https://app.example' })
    expect({ status, allowedOrigin: headers.get('access-control-allow-origin') }).toEqual({
      status: 401,
      allowedOrigin: 'https://app.example',
    })
  })

  test('that is not named may read nothing', async () => {
    const { status, headers } = await fetch(urlOf('/api/status'), { method: 'OPTIONS', headers: asking })
    expect({ status, allowedOrigin: headers.get('access-control-allow-origin') }).toEqual({
      status: 403,
      allowedOrigin: null,
    })
  })
})

describe('GET /', () => {
  test('says in one line that the server runs, and of the API', async () => {
    const answer = await fetch(urlOf('/'))
    expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(await answer.text()).toBe(`LinkSocks v${version} is running. API endpoints available at /api/*\n`)
  })

  test('does not speak of an API that is off', async () => {
    await server.close()
    server = new LinkSocksServer({ host: '127.0.0.1', port: 0 })
    await server.listen()
    expect(await (await fetch(urlOf('/'))).text()).toBe(`LinkSocks v${version} is running.\n`)
  })

  test('without a key in the options, /api/* does not exist', async () => {
    await server.close()
    server = new LinkSocksServer({ host: '127.0.0.1', port: 0 })
    await server.listen()
    const answer = await fetch(urlOf('/api/status'), { headers: { 'x-api-key': '' } })
    expect({ status: answer.status, text: await answer.text() }).toEqual({ status: 404, text: '404 page not found\n' })
  })

  test.each([
    ['GET', '/foo', 404],
    ['GET', '/socket', 400],
    ['GET', '/socket/', 400],
    ['POST', '/', 405],
    ['OPTIONS', '/', 204],
    ['HEAD', '/', 200],
  ])('answers %s %s with %d', async (method, path, status) => {
    expect((await fetch(urlOf(path), { method })).status).toBe(status)
  })
})

describe('POST /api/token', () => {
  test('makes up a forward token', async () => {
    const { status, body } = await call('POST', '/api/token', { type: 'forward' })
    expect({ status, body }).toEqual({ status: 200, body: { success: true, token: server.tokens()[0]?.token } })
  })

  test('registers the forward token it is given', async () => {
    const { body } = await call('POST', '/api/token', { type: 'forward', token: 'fwd1' })
    expect(body).toEqual({ success: true, token: 'fwd1' })
  })

  test('registers a reverse token with the port it is given', async () => {
    const port = await freePort()
    const login = { username: 'u', password: 'p' }
    const { body } = await call('POST', '/api/token', { type: 'reverse', token: 'rev1', port, ...login })
    expect(body).toEqual({ success: true, token: 'rev1', port })
  })

  test('shows the port it has chosen for a reverse token', async () => {
    await restart({ proxy: { portPool: [4000, 4000] } })
    const { body } = await call('POST', '/api/token', { type: 'reverse' })
    expect(body).toMatchObject({ success: true, port: 4000 })
  })

  test.each([{ allow_manage_connector: true }, { allow_manage_connector: true, port: 4002 }, { port: -1 }])(
    'opens no port with %j',
    async (fields) => {
      const { body } = await call('POST', '/api/token', { type: 'reverse', token: 'auto1', ...fields })
      expect(body).toEqual({ success: true, token: 'auto1', port: -1 })
    },
  )

  test('opens the SOCKS port immediately with the option socksNowait', async () => {
    await restart({ proxy: { nowait: true } })
    const port = await freePort()
    const open = onceEvent(server, 'socksListening')
    await call('POST', '/api/token', { type: 'reverse', token: 'rev1', port })
    expect(await open).toEqual([expect.objectContaining({ port }), 'rev1'])
  })

  test('registers a connector token, and again without complaint', async () => {
    server.addReverseToken({ token: 'rev1', socksPort: 'none' })
    const wanted = { type: 'connector', token: 'con1', reverse_token: 'rev1' }
    await call('POST', '/api/token', wanted)
    const { body } = await call('POST', '/api/token', wanted)
    expect(body).toEqual({ success: true, token: 'con1' })
  })

  test.each([
    ['token already exists', { type: 'forward', token: 'rev1' }],
    ["'anonymous' is reserved and cannot be used as a token", { type: 'forward', token: 'anonymous' }],
    ['a token of 256 bytes; it must have 1–255 bytes', { type: 'forward', token: 'x'.repeat(256) }],
    ['token already exists', { type: 'reverse', token: 'rev1', port: 19_872 }],
    ['cannot allocate port: 4001', { type: 'reverse', token: 'rev2', port: 4001 }],
    ['port 70000 is out of range: it must be a whole number from 0 to 65535', { type: 'reverse', port: 70_000 }],
    ['username needs a password as well', { type: 'reverse', username: 'u' }],
    ['password needs a username as well', { type: 'reverse', password: 'p' }],
    ['reverse_token is required for connector token', { type: 'connector' }],
    ['reverse token does not exist', { type: 'connector', reverse_token: 'nope' }],
    ['connector token already exists', { type: 'connector', token: 'con1', reverse_token: 'auto1' }],
    ['connector token already exists', { type: 'connector', token: 'rev1', reverse_token: 'rev1' }],
  ])('answers 200 with "%s"', async (error, body) => {
    server.addReverseToken({ token: 'rev1', socksPort: 4001 })
    server.addReverseToken({ token: 'auto1', allowManageConnector: true })
    server.addConnectorToken({ token: 'con1', reverseToken: 'rev1' })
    const before = server.tokens()
    expect(await call('POST', '/api/token', body)).toMatchObject(refusal(error))
    expect(server.tokens()).toEqual(before)
  })

  test('adds a connector token again that says the same', async () => {
    server.addReverseToken({ token: 'rev1' })
    server.addConnectorToken({ token: 'con1', reverseToken: 'rev1' })
    const { body } = await call('POST', '/api/token', { type: 'connector', token: 'con1', reverse_token: 'rev1' })
    expect(body).toEqual({ success: true, token: 'con1' })
  })

  test.each([
    [{ maxLinks: 2 }, undefined],
    [undefined, { maxLinks: 2 }],
  ])('does not add a connector token again with a policy: %j, then %j', async (before, policy) => {
    server.addReverseToken({ token: 'rev1' })
    server.addConnectorToken({
      token: 'con1',
      reverseToken: 'rev1',
      ...(before === undefined ? {} : { policy: before }),
    })
    const body = { type: 'connector', token: 'con1', reverse_token: 'rev1', policy }
    expect(await call('POST', '/api/token', body)).toMatchObject(refusal('connector token already exists'))
  })

  test('does not give the server’s own port away', async () => {
    const port = server.address?.port
    expect(await call('POST', '/api/token', { type: 'reverse', port })).toMatchObject(
      refusal(`cannot allocate port: ${port}`),
    )
  })

  test.each([
    ['invalid request body', '{bad'],
    ['invalid request body', ''],
    ['invalid request body: it must be a JSON object', '[]'],
    ['invalid request body: it is not UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['invalid request body: port must be a whole number', '{"type":"reverse","port":"1"}'],
    ['invalid token type', '{}'],
    ['invalid token type', '{"type":"weird"}'],
  ])('answers 400 with "%s" to %j', async (error, body) => {
    const answer = await fetch(urlOf('/api/token'), { method: 'POST', headers: { 'x-api-key': apiKey }, body })
    expect({ status: answer.status, json: (await answer.json()) as unknown }).toEqual({
      status: 400,
      json: { success: false, error },
    })
  })

  test('answers 413 to a body of 10 MiB, and names size and limit', async () => {
    const { status, body } = await call('POST', '/api/token', 'x'.repeat(10 * 1024 * 1024))
    const error = `request body of 10485760 bytes is too large: the limit is ${maxBodyBytes} bytes`
    expect({ status, body }).toEqual({ status: 413, body: { success: false, error } })
  })

  test('answers 413 to a body that is announced too large, before it comes', async () => {
    const headers = { 'x-api-key': apiKey, 'content-length': maxBodyBytes + 1 }
    const pending = request(urlOf('/api/token'), { method: 'POST', headers })
    pending.flushHeaders()
    const [answer] = (await onceEvent(pending, 'response')) as [{ statusCode: number }]
    pending.on('error', () => {}).destroy()
    expect(answer.statusCode).toBe(413)
  })

  test('answers 413 to a body of unknown length past the limit', async () => {
    const pending = request(urlOf('/api/token'), { method: 'POST', headers: { 'x-api-key': apiKey } })
    pending.write('x'.repeat(maxBodyBytes))
    pending.write('x')
    const [answer] = (await onceEvent(pending, 'response')) as [{ statusCode: number }]
    pending.on('error', () => {}).destroy()
    expect(answer.statusCode).toBe(413)
  })

  test('takes a body of exactly the limit', async () => {
    const body = JSON.stringify({ type: 'forward', token: 't' }).padEnd(maxBodyBytes)
    expect((await call('POST', '/api/token', body)).body).toEqual({ success: true, token: 't' })
  })

  test('answers 500, and logs why, when the server fails', async () => {
    const logged: unknown[] = []
    const logger: Logger = { ...quiet, error: (fields) => logged.push(fields), child: () => logger }
    await server.close()
    server = new BrokenServer({ host: '127.0.0.1', port: 0, api: { key: apiKey }, logger })
    await server.listen()
    const { status, body } = await call('POST', '/api/token', { type: 'forward' })
    expect({ status, body }).toEqual({
      status: 500,
      body: { success: false, error: 'internal error; the log of the server says more' },
    })
    expect(logged).toEqual([{ err: new Error('broken') }])
  })
})

const quiet = { trace() {}, debug() {}, info() {}, warn() {}, error() {} }

class BrokenServer extends LinkSocksServer {
  override addForwardToken(): string {
    throw new Error('broken')
  }
}

describe('GET /api/status', () => {
  test('lists reverse before forward tokens, with fields in the order of deployed servers', async () => {
    server.addForwardToken('fwd1')
    server.addReverseToken({ token: 'rev1', socksPort: 19_871 })
    server.addConnectorToken({ token: 'con1', reverseToken: 'rev1' })
    server.addReverseToken({ token: 'auto1', allowManageConnector: true })
    const answer = await fetch(urlOf('/api/status'), { headers: { 'x-api-key': apiKey } })
    const rev1 = '{"token":"rev1","type":"reverse","clients_count":0,"port":19871,"connector_tokens":["con1"]}'
    const auto1 = '{"token":"auto1","type":"reverse","clients_count":0,"port":-1}'
    const fwd1 = '{"token":"fwd1","type":"forward","clients_count":0}'
    expect(await answer.text()).toBe(
      `{"version":"v${version}","tokens":[${rev1},${auto1},${fwd1}],"direct":{"enabled":false}}\n`,
    )
  })

  test('says whether the server allows direct paths', async () => {
    await restart({ directPaths: true })
    expect((await call('GET', '/api/status')).body).toMatchObject({ direct: { enabled: true } })
  })
})

describe('DELETE /api/token', () => {
  test.each([
    ['in the path', '/api/token/fwd1', undefined],
    ['in the path, percent-encoded', '/api/token/%66wd1', undefined],
    ['in the body', '/api/token', { token: 'fwd1' }],
    ['in the body behind a slash', '/api/token/', { token: 'fwd1' }],
    ['in the path, whatever the body says', '/api/token/fwd1', { token: 'other' }],
  ])('removes a token %s', async (_where, path, body) => {
    server.addForwardToken('fwd1')
    const answer = await call('DELETE', path, body)
    expect(answer.body).toEqual({ success: true, token: 'fwd1' })
    expect(server.tokens()).toEqual([])
  })

  test('removes the connector tokens of a reverse token with it', async () => {
    const { token } = server.addReverseToken({ socksPort: 'none' })
    server.addConnectorToken({ reverseToken: token })
    await call('DELETE', `/api/token/${token}`)
    expect(server.tokens()).toEqual([])
  })

  test.each(['/api/token/nope', '/api/token/x%20y'])('says that there is no token at %s', async (path) => {
    expect(await call('DELETE', path)).toMatchObject(refusal('token does not exist'))
  })

  test.each([
    ['/api/token', undefined],
    ['/api/token/', undefined],
    ['/api/token', {}],
    ['/api/token', { token: '' }],
  ])('says that %s with %j names no token', async (path, body) => {
    expect(await call('DELETE', path, body)).toMatchObject(refusal('token not specified'))
  })

  test('answers when the SOCKS port is free for others', async () => {
    await restart({ proxy: { nowait: true } })
    const port = await freePort()
    const open = onceEvent(server, 'socksListening')
    server.addReverseToken({ token: 'rev1', socksPort: port })
    await open
    await call('DELETE', '/api/token/rev1')
    const other = createServer().listen(port, '127.0.0.1')
    await onceEvent(other, 'listening')
    other.close()
    expect(server.addReverseToken({ token: 'rev2', socksPort: port }).port).toBe(port)
  })
})

describe('authorization', () => {
  test.each<[string, Record<string, string>]>([
    ['no key', {}],
    ['a wrong key', { 'x-api-key': 'bad' }],
    ['the key in another header', { authorization: `Bearer ${apiKey}` }],
  ])('answers 401 to %s', async (_name, headers) => {
    const { status, body } = await call('GET', '/api/status', undefined, headers)
    expect({ status, body }).toEqual({ status: 401, body: { success: false, error: 'invalid API key' } })
  })

  test.each(['/api/nothing', '/api/token/x', '/api'])('comes before anything else: %s', async (path) => {
    expect((await call('DELETE', path, undefined, {})).status).toBe(401)
  })

  test('answers 401 without reading the body', async () => {
    const { status } = await call('POST', '/api/token', 'x'.repeat(1024 * 1024), {})
    expect(status).toBe(401)
  })

  test('refuses even the right key for a while after the fourth wrong one', async () => {
    const clock = new FakeClock()
    await restart({ clock })
    for (let count = 0; count < 4; count++) await call('GET', '/api/status', undefined, { 'x-api-key': 'wrong' })
    const during = await afterDelay(clock, 1000, () => call('GET', '/api/status'))
    expect({
      during: during.status,
      retryAfter: during.headers.get('retry-after'),
      after: (await call('GET', '/api/status')).status,
    }).toEqual({ during: 429, retryAfter: '1', after: 200 })
  })

  test('keeps a refused guesser waiting, and ends its connection', async () => {
    const clock = new FakeClock()
    await restart({ clock })
    for (let count = 0; count < 4; count++) await call('GET', '/api/status', undefined, { 'x-api-key': 'wrong' })
    const late = await afterDelay(clock, 1000, () => call('GET', '/api/status', undefined, { 'x-api-key': 'wrong' }))
    expect({ status: late.status, connection: late.headers.get('connection') }).toEqual({
      status: 429,
      connection: 'close',
    })
  })

  test('does not count a missing key as a guess', async () => {
    for (let count = 0; count < 9; count++) await call('GET', '/api/status', undefined, {})
    expect((await call('GET', '/api/status')).status).toBe(200)
  })

  test('a right key does not clear the failures of an address', async () => {
    const clock = new FakeClock()
    await restart({ clock })
    for (let count = 0; count < 3; count++) await call('GET', '/api/status', undefined, { 'x-api-key': 'wrong' })
    await call('GET', '/api/status')
    await call('GET', '/api/status', undefined, { 'x-api-key': 'wrong' })
    expect((await afterDelay(clock, 1000, () => call('GET', '/api/status'))).status).toBe(429)
  })

  test.each(['https://evil.example', 'null'])(
    'is refused to web pages of %s, whatever key they have',
    async (origin) => {
      expect((await call('GET', '/api/status', undefined, { 'x-api-key': apiKey, origin })).status).toBe(403)
    },
  )

  test('is there for web pages that the server names', async () => {
    const origin = 'https://panel.example'
    await restart({ allowOrigins: [origin] })
    expect((await call('GET', '/api/status', undefined, { 'x-api-key': apiKey, origin })).status).toBe(200)
  })

  test('is not needed for the OpenAPI document', async () => {
    const { status, body } = await call('GET', '/api/openapi.json', undefined, {})
    expect({ status, openapi: body['openapi'] }).toEqual({ status: 200, openapi: '3.1.0' })
  })

  test('names the tokens that a caller adds and removes in the log', async () => {
    const tenants: unknown[] = []
    const note = (fields: object): void => void ('tenant' in fields && tenants.push(fields.tenant))
    const logger: Logger = { trace: note, debug: note, info: note, warn: note, error: note, child: () => logger }
    await restart({ logger })
    await call('POST', '/api/token', { type: 'forward', token: 'a-token', policy: { name: 'ada' } })
    await call('POST', '/api/token', { type: 'forward', token: 'b-token' })
    await call('POST', '/api/ticket', { token: 'ada' })
    await call('DELETE', '/api/token/ada')
    await call('DELETE', '/api/token/b-token')
    expect(tenants).toEqual(['ada', tokenId('b-token'), 'ada', 'ada', tokenId('b-token')])
  })

  test('leaves the key and tokens out of the log', async () => {
    const lines: string[] = []
    const note = (fields: object, text = ''): void => void lines.push(JSON.stringify(fields), text)
    const logger: Logger = { trace: note, debug: note, info: note, warn: note, error: note, child: () => logger }
    await restart({ logger })
    await call('GET', '/api/status', undefined, { 'x-api-key': 'guessed-key' })
    await call('POST', '/api/token', { type: 'reverse', token: 'my-token', username: 'u', password: 'my-password' })
    await call('DELETE', '/api/token/my-token')
    expect(lines.length).toBeGreaterThan(0)
    expect(lines.join('\n')).not.toMatch(/sekret|guessed-key|my-token|my-password/)
  })
})

describe('methods and paths', () => {
  test.each([
    ['POST', '/api/status', 'GET, HEAD, OPTIONS'],
    ['GET', '/api/token', 'POST, DELETE, OPTIONS'],
    ['PUT', '/api/token', 'POST, DELETE, OPTIONS'],
    ['POST', '/api/openapi.json', 'GET, HEAD, OPTIONS'],
  ])('%s %s is answered 405 with the methods that are', async (method, path, allow) => {
    const { status, body, headers } = await call(method, path)
    expect({ status, body, allow: headers.get('allow') }).toEqual({
      status: 405,
      body: { success: false, error: `method ${method} is not allowed here` },
      allow,
    })
  })

  test('OPTIONS names the methods', async () => {
    const answer = await fetch(urlOf('/api/token'), { method: 'OPTIONS', headers: { 'x-api-key': apiKey } })
    expect({ status: answer.status, allow: answer.headers.get('allow') }).toEqual({
      status: 204,
      allow: 'POST, DELETE, OPTIONS',
    })
  })

  test('HEAD answers as GET does, without the body', async () => {
    const answer = await fetch(urlOf('/api/status'), { method: 'HEAD', headers: { 'x-api-key': apiKey } })
    expect({
      status: answer.status,
      contentType: answer.headers.get('content-type'),
      text: await answer.text(),
    }).toEqual({ status: 200, contentType: 'application/json', text: '' })
  })

  test.each(['/api', '/api/', '/api/nothing', '/api/configuration'])('%s is answered 404', async (path) => {
    const { status, body } = await call('GET', path)
    const error = 'no such endpoint; GET /api/openapi.json lists them'
    expect({ status, body }).toEqual({ status: 404, body: { success: false, error } })
  })

  test('a query changes nothing', async () => {
    expect((await call('GET', '/api/status?x=1')).status).toBe(200)
  })

  test('answers are kept by no cache', async () => {
    expect((await call('GET', '/api/status')).headers.get('cache-control')).toBe('no-store')
  })
})
