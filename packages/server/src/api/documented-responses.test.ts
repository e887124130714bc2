import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { decode, MessageType } from '@ls/codec'
import { systemClock } from '@ls/foundation'
import { MessageReader, Session } from '@ls/mux'
import { afterDelay, echoServer, FakeClock, onceEvent, type TestTcpServer, until } from '@ls/testkit'
import { connect, formatAuthQuery } from '@ls/transport'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ClusterStatus } from '../nodes/cluster-status.js'
import type { OtherNodes } from '../nodes/other-nodes.js'
import type { ApiOptions } from '../options/api-options.js'
import type { ServerOptions } from '../options/server-options.js'
import { LinkSocksServer } from '../server.js'
import { maxListedChannels } from './calls/channels.js'
import { bodyTimeoutMs, maxBodyBytes } from './read-body.js'

interface DocumentedResponse {
  readonly $ref?: string
  readonly headers?: Record<string, { readonly schema: object }>
  readonly content: Record<string, { readonly schema: object; readonly example?: unknown }>
}

interface OpenApiDocument {
  readonly paths: Record<string, Record<string, { readonly responses: Record<string, DocumentedResponse> }>>
  readonly components: { readonly responses: Record<string, DocumentedResponse>; readonly schemas: object }
}

const source = readFileSync(new URL('../../../../spec/openapi.json', import.meta.url), 'utf8')
// OpenAPI and JSON Schema keep shared schemas under different keys.
const document = JSON.parse(source.replaceAll('#/components/schemas/', '#/$defs/')) as OpenApiDocument
const ajv = new Ajv2020({ allowUnionTypes: true })

const clusterStatus: ClusterStatus = {
  nodes: [
    {
      id: 'a1b2c3d4',
      address: { host: '10.0.0.1', port: 8766 },
      state: 'self',
      draining: false,
      links: 3,
      channels: 12,
      release: '1.2.3',
    },
  ],
  isConnected: true,
  sharedTokens: 0,
  farTokens: 0,
  trunks: 0,
  incomingTrunks: 0,
}

let server: LinkSocksServer
let target: TestTcpServer
let clock: FakeClock | undefined

beforeEach(() => start())
afterEach(() => Promise.all([server.close(), target.close()]))

const writeMetrics = () => Promise.resolve({ contentType: 'text/plain', body: 'up 1\n' })

interface StartOptions extends Pick<ServerOptions, 'api' | 'relay' | 'expose' | 'nodes'> {
  readonly clock?: FakeClock
}

async function start(options: StartOptions = {}, prepare?: (made: LinkSocksServer) => void): Promise<void> {
  const setLogLevel = (level: string): void => {
    if (level !== 'debug') throw new RangeError(`there is no level "${level}"`)
  }
  clock = options.clock
  target = await echoServer()
  const dashboard = async () => new Map()
  server = new LinkSocksServer({
    host: '127.0.0.1',
    port: 0,
    ...options,
    api: { key: 'sekret', writeMetrics, setLogLevel, dashboard, ...options.api },
  })
  prepare?.(server)
  await server.listen()
}

function url(path: string): string {
  return `http://127.0.0.1:${server.address?.port}${path}`
}

function call(method: string, path: string, body?: string, key = 'sekret'): Promise<Response> {
  return fetch(url(path), { method, headers: { 'x-api-key': key }, ...(body === undefined ? {} : { body }) })
}

function callFromPage(method: string, path: string): Promise<Response> {
  return fetch(url(path), { method, headers: { 'x-api-key': 'sekret', origin: 'https://evil.example' } })
}

/** Announces a body but does not send it, until the deadline has passed. */
async function callWithoutBody(method: string, path: string): Promise<Response> {
  await Promise.all([server.close(), target.close()])
  await start({ clock: new FakeClock() })
  const headers = { 'x-api-key': 'sekret', 'content-length': '10' }
  const pending = request(url(path), { method, headers })
  pending.flushHeaders()
  await until(() => clock?.pendingTimers === 1, 'the server to wait for the body')
  clock?.advance(bodyTimeoutMs)
  const [answer] = (await onceEvent(pending, 'response')) as [
    AsyncIterable<Buffer> & { statusCode: number; headers: object },
  ]
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk)
  const { statusCode: status } = answer
  return new Response(Buffer.concat(chunks), { status, headers: answer.headers as Record<string, string> })
}

/** A channel from a client of the base protocol to a target. */
async function openChannel(): Promise<void> {
  const token = server.addForwardToken()
  const transport = await connect({ url: formatAuthQuery(new URL(url('/socket').replace('http', 'ws')), { token }) })
  const answer = decode(await new MessageReader(transport, systemClock).next(5000))
  expect(answer).toMatchObject({ type: MessageType.AuthResponse, success: true })
  const session = new Session({}, { onConnect: () => {}, onClose: () => {} })
  session.attach(transport)
  session.open({ protocol: 'tcp', address: { host: target.host, port: target.port } })
  await until(() => [...server.channels()].length === 1, 'the channel')
}

const tooLarge = JSON.stringify({ token: 'x'.repeat(maxBodyBytes) })
const unknownId = '00000000-0000-0000-0000-000000000000'

/** A call with the correct key from an address that has sent four wrong ones. */
async function throttled(ask: () => Promise<Response>): Promise<Response> {
  await Promise.all([server.close(), target.close()])
  const late = new FakeClock()
  await start({ clock: late })
  for (let count = 0; count < 4; count++) await call('GET', '/api/status', undefined, 'wrong')
  return afterDelay(late, 1000, ask)
}

/** The beginning of an answer without an end. */
async function firstPart(answer: Response): Promise<Response> {
  const { value } = (await answer.body?.getReader().read()) ?? {}
  return new Response(value, answer)
}

/** Calls a server whose configuration is reloaded by this function. */
async function reloadedBy(reload: NonNullable<ApiOptions['reload']>): Promise<Response> {
  await Promise.all([server.close(), target.close()])
  await start({ api: { reload } })
  return call('POST', '/api/reload')
}

async function restartedBy(requestRestart: NonNullable<ApiOptions['requestRestart']>): Promise<Response> {
  await Promise.all([server.close(), target.close()])
  await start({ api: { requestRestart } })
  return call('POST', '/api/restart')
}

/** A call of the dashboard, by a user who has signed in there. */
async function callSignedIn(method: string): Promise<Response> {
  const opened = await call('POST', '/api/session')
  const [cookie = ''] = (opened.headers.get('set-cookie') ?? '').split(';')
  return fetch(url('/api/session'), { method, headers: { cookie, 'sec-fetch-site': 'same-origin' } })
}

/** Calls a relay, without the key. */
async function askRelay(method: string, path: string): Promise<Response> {
  await Promise.all([server.close(), target.close()])
  await start({ relay: {} })
  return call(method, path, undefined, 'wrong')
}

/** A call for each documented answer. */
const cases: Record<string, () => Promise<Response>> = {
  'get /api/status 200': async () => {
    const { token } = server.addReverseToken()
    server.addConnectorToken({ reverseToken: token })
    server.addReverseToken({ allowManageConnector: true })
    server.addForwardToken()
    return call('GET', '/api/status')
  },
  'get /api/status 401': () => call('GET', '/api/status', undefined, 'wrong'),
  'get /api/status 403': () => callFromPage('GET', '/api/status'),
  'get /api/status 429': () => throttled(() => call('GET', '/api/status')),
  'post /api/token 200': () => call('POST', '/api/token', '{"type":"reverse","port":-1}'),
  'post /api/token 400': () => call('POST', '/api/token', '{'),
  'post /api/token 401': () => call('POST', '/api/token', '{}', 'wrong'),
  'post /api/token 403': () => callFromPage('POST', '/api/token'),
  'post /api/token 408': () => callWithoutBody('POST', '/api/token'),
  'post /api/token 409': () => {
    server.addForwardToken('f', { policy: { name: 'ada' } })
    return call('POST', '/api/token', '{"type":"forward","policy":{"name":"ada"}}')
  },
  'post /api/token 413': () => call('POST', '/api/token', tooLarge),
  'post /api/token 429': () => throttled(() => call('POST', '/api/token', '{}')),
  'delete /api/token 200': () => call('DELETE', '/api/token', JSON.stringify({ token: server.addForwardToken() })),
  'delete /api/token 400': () => call('DELETE', '/api/token', '[]'),
  'delete /api/token 401': () => call('DELETE', '/api/token', '{}', 'wrong'),
  'delete /api/token 403': () => callFromPage('DELETE', '/api/token'),
  'delete /api/token 408': () => callWithoutBody('DELETE', '/api/token'),
  'delete /api/token 413': () => call('DELETE', '/api/token', tooLarge),
  'delete /api/token 429': () => throttled(() => call('DELETE', '/api/token', '{}')),
  'get /api/token/{token} 200': () => {
    const policy = { name: 'ada', allow: ['*.internal:443'], hours: { open: ['mon-fri 08:00-18:00'] } }
    server.addForwardToken('f', { policy })
    return call('GET', '/api/token/ada')
  },
  'get /api/token/{token} 400': () => call('GET', '/api/token/%ff'),
  'get /api/token/{token} 401': () => call('GET', '/api/token/x', undefined, 'wrong'),
  'get /api/token/{token} 403': () => callFromPage('GET', '/api/token/x'),
  'get /api/token/{token} 404': () => call('GET', '/api/token/x'),
  'get /api/token/{token} 429': () => throttled(() => call('GET', '/api/token/x')),
  'delete /api/token/{token} 200': () => call('DELETE', `/api/token/${server.addForwardToken()}`),
  'delete /api/token/{token} 400': () => call('DELETE', '/api/token/%ff'),
  'delete /api/token/{token} 401': () => call('DELETE', '/api/token/x', undefined, 'wrong'),
  'delete /api/token/{token} 403': () => callFromPage('DELETE', '/api/token/x'),
  'delete /api/token/{token} 429': () => throttled(() => call('DELETE', '/api/token/x')),
  'post /api/ticket 200': () =>
    call('POST', '/api/ticket', JSON.stringify({ token: server.addForwardToken(), allow: ['db.internal:5432'] })),
  'post /api/ticket 400': () => call('POST', '/api/ticket', '{"token":"x","lifetme":1}'),
  'post /api/ticket 401': () => call('POST', '/api/ticket', '{}', 'wrong'),
  'post /api/ticket 403': () => callFromPage('POST', '/api/ticket'),
  'post /api/ticket 408': () => callWithoutBody('POST', '/api/ticket'),
  'post /api/ticket 413': () => call('POST', '/api/ticket', tooLarge),
  'post /api/ticket 429': () => throttled(() => call('POST', '/api/ticket', '{}')),
  'delete /api/ticket/{ticket} 200': () => call('DELETE', '/api/ticket/ticket-1'),
  'delete /api/ticket/{ticket} 400': () => call('DELETE', '/api/ticket/%ff'),
  'delete /api/ticket/{ticket} 401': () => call('DELETE', '/api/ticket/x', undefined, 'wrong'),
  'delete /api/ticket/{ticket} 403': () => callFromPage('DELETE', '/api/ticket/x'),
  'delete /api/ticket/{ticket} 429': () => throttled(() => call('DELETE', '/api/ticket/x')),
  'get /api/tokens 200': () => {
    const { token } = server.addReverseToken({ policy: { maxLinks: 2 } })
    server.addConnectorToken({ reverseToken: token })
    return call('GET', '/api/tokens')
  },
  'get /api/tokens 401': () => call('GET', '/api/tokens', undefined, 'wrong'),
  'get /api/tokens 403': () => callFromPage('GET', '/api/tokens'),
  'get /api/tokens 429': () => throttled(() => call('GET', '/api/tokens')),
  'get /api/channels 200': async () => {
    await openChannel()
    return call('GET', '/api/channels')
  },
  'get /api/channels 401': () => call('GET', '/api/channels', undefined, 'wrong'),
  'get /api/channels 403': () => callFromPage('GET', '/api/channels'),
  'get /api/channels 429': () => throttled(() => call('GET', '/api/channels')),
  'delete /api/channels/{id} 200': async () => {
    await openChannel()
    return call('DELETE', `/api/channels/${[...server.channels()][0]?.id}`)
  },
  'delete /api/channels/{id} 401': () => call('DELETE', `/api/channels/${unknownId}`, undefined, 'wrong'),
  'delete /api/channels/{id} 403': () => callFromPage('DELETE', `/api/channels/${unknownId}`),
  'delete /api/channels/{id} 404': () => call('DELETE', `/api/channels/${unknownId}`),
  'delete /api/channels/{id} 429': () => throttled(() => call('DELETE', `/api/channels/${unknownId}`)),
  'get /api/ports 200': async () => {
    await Promise.all([server.close(), target.close()])
    await start({ expose: { httpPort: 0 } }, (made) => {
      const { token } = made.addReverseToken({ socksPort: 'none' })
      made.expose(token, 'http:a.example=localhost:80')
    })
    return call('GET', '/api/ports')
  },
  'get /api/ports 401': () => call('GET', '/api/ports', undefined, 'wrong'),
  'get /api/ports 403': () => callFromPage('GET', '/api/ports'),
  'get /api/ports 429': () => throttled(() => call('GET', '/api/ports')),
  'get /api/nodes 200': async () => {
    await server.close()
    await start({ nodes: { status: clusterStatus } as OtherNodes })
    return call('GET', '/api/nodes')
  },
  'get /api/nodes 401': () => call('GET', '/api/nodes', undefined, 'wrong'),
  'get /api/nodes 403': () => callFromPage('GET', '/api/nodes'),
  'get /api/nodes 409': () => call('GET', '/api/nodes'),
  'get /api/nodes 429': () => throttled(() => call('GET', '/api/nodes')),
  'get /api/connections 200': async () => {
    await openChannel()
    return call('GET', '/api/connections?sort=rate&protocol=tcp')
  },
  'get /api/connections 400': () => call('GET', '/api/connections?limt=1'),
  'get /api/connections 401': () => call('GET', '/api/connections', undefined, 'wrong'),
  'get /api/connections 403': () => callFromPage('GET', '/api/connections'),
  'get /api/connections 429': () => throttled(() => call('GET', '/api/connections')),
  'delete /api/connections/{id} 200': async () => {
    await openChannel()
    return call('DELETE', `/api/connections/${[...server.channels()][0]?.id}`)
  },
  'delete /api/connections/{id} 401': () => call('DELETE', `/api/connections/${unknownId}`, undefined, 'wrong'),
  'delete /api/connections/{id} 403': () => callFromPage('DELETE', `/api/connections/${unknownId}`),
  'delete /api/connections/{id} 404': () => call('DELETE', `/api/connections/${unknownId}`),
  'delete /api/connections/{id} 429': () => throttled(() => call('DELETE', `/api/connections/${unknownId}`)),
  'get /api/links 200': async () => {
    await openChannel()
    return call('GET', '/api/links?role=forward')
  },
  'get /api/links 400': () => call('GET', '/api/links?order=up'),
  'get /api/links 401': () => call('GET', '/api/links', undefined, 'wrong'),
  'get /api/links 403': () => callFromPage('GET', '/api/links'),
  'get /api/links 429': () => throttled(() => call('GET', '/api/links')),
  'delete /api/links/{id} 200': async () => {
    await openChannel()
    const { links } = (await (await call('GET', '/api/links')).json()) as { links: { id: string }[] }
    return call('DELETE', `/api/links/${links[0]?.id}`)
  },
  'delete /api/links/{id} 401': () => call('DELETE', '/api/links/x', undefined, 'wrong'),
  'delete /api/links/{id} 403': () => callFromPage('DELETE', '/api/links/x'),
  'delete /api/links/{id} 404': () => call('DELETE', '/api/links/x'),
  'delete /api/links/{id} 429': () => throttled(() => call('DELETE', '/api/links/x')),
  'get /api/events 200': async () => firstPart(await call('GET', '/api/events?snapshot=1s')),
  'get /api/events 400': () => call('GET', '/api/events?snapshot=1'),
  'get /api/events 401': () => call('GET', '/api/events', undefined, 'wrong'),
  'get /api/events 403': () => callFromPage('GET', '/api/events'),
  'get /api/events 429': () => throttled(() => call('GET', '/api/events')),
  'get /api/events 503': async () => {
    await Promise.all(Array.from({ length: 32 }, () => call('GET', '/api/events')))
    return call('GET', '/api/events')
  },
  'get /api/config 200': async () => {
    const shown = { path: 'f.yaml', running: 'servers:\n', file: null, mistakes: ['f.yaml:1:1: a mistake'] }
    await start({ api: { showConfiguration: async () => shown } })
    return call('GET', '/api/config')
  },
  'get /api/config 401': () => call('GET', '/api/config', undefined, 'wrong'),
  'get /api/config 403': () => callFromPage('GET', '/api/config'),
  'get /api/config 409': () => call('GET', '/api/config'),
  'get /api/config 429': () => throttled(() => call('GET', '/api/config')),
  'post /api/reload 200': () => reloadedBy(async () => ['servers.main: 1 token added']),
  'post /api/reload 401': () => call('POST', '/api/reload', undefined, 'wrong'),
  'post /api/reload 403': () => callFromPage('POST', '/api/reload'),
  'post /api/reload 409': () => call('POST', '/api/reload'),
  'post /api/reload 422': () => reloadedBy(() => Promise.reject(new Error('f.yaml:1:1: a mistake'))),
  'post /api/reload 429': () => throttled(() => call('POST', '/api/reload')),
  'post /api/drain 200': () => call('POST', '/api/drain'),
  'post /api/drain 401': () => call('POST', '/api/drain', undefined, 'wrong'),
  'post /api/drain 403': () => callFromPage('POST', '/api/drain'),
  'post /api/drain 429': () => throttled(() => call('POST', '/api/drain')),
  'post /api/restart 200': () => restartedBy(async () => ({ pid: 4711 })),
  'post /api/restart 401': () => call('POST', '/api/restart', undefined, 'wrong'),
  'post /api/restart 403': () => callFromPage('POST', '/api/restart'),
  'post /api/restart 409': () => call('POST', '/api/restart'),
  'post /api/restart 422': () => restartedBy(() => Promise.reject(new Error('the new process ended'))),
  'post /api/restart 429': () => throttled(() => call('POST', '/api/restart')),
  'post /api/log-level 200': () => call('POST', '/api/log-level', '{"level":"debug"}'),
  'post /api/log-level 400': () => call('POST', '/api/log-level', '{}'),
  'post /api/log-level 401': () => call('POST', '/api/log-level', undefined, 'wrong'),
  'post /api/log-level 403': () => callFromPage('POST', '/api/log-level'),
  'post /api/log-level 408': () => callWithoutBody('POST', '/api/log-level'),
  'post /api/log-level 409': async () => {
    await Promise.all([server.close(), target.close()])
    await start({ api: { setLogLevel: undefined } })
    return call('POST', '/api/log-level', '{"level":"debug"}')
  },
  'post /api/log-level 413': () => call('POST', '/api/log-level', tooLarge),
  'post /api/log-level 422': () => call('POST', '/api/log-level', '{"level":"loud"}'),
  'post /api/log-level 429': () => throttled(() => call('POST', '/api/log-level')),
  'get /api/snapshot 200': () => call('GET', '/api/snapshot'),
  'get /api/snapshot 401': () => call('GET', '/api/snapshot', undefined, 'wrong'),
  'get /api/snapshot 403': () => callFromPage('GET', '/api/snapshot'),
  'get /api/snapshot 429': () => throttled(() => call('GET', '/api/snapshot')),
  'get /api/health 200': () => askRelay('GET', '/api/health'),
  'get /api/health 404': () => call('GET', '/api/health', undefined, 'wrong'),
  'get /api/readyz 200': () => call('GET', '/api/readyz'),
  'get /api/readyz 401': () => call('GET', '/api/readyz', undefined, 'wrong'),
  'get /api/readyz 403': () => callFromPage('GET', '/api/readyz'),
  'get /api/readyz 429': () => throttled(() => call('GET', '/api/readyz')),
  'get /api/metrics 200': () => call('GET', '/api/metrics'),
  'get /api/metrics 401': () => call('GET', '/api/metrics', undefined, 'wrong'),
  'get /api/metrics 403': () => callFromPage('GET', '/api/metrics'),
  'get /api/metrics 429': () => throttled(() => call('GET', '/api/metrics')),
  'get /api/session 200': () => callSignedIn('GET'),
  'get /api/session 401': () => call('GET', '/api/session', undefined, 'wrong'),
  'get /api/session 403': () => callFromPage('GET', '/api/session'),
  'get /api/session 404': () => call('GET', '/api/session'),
  'get /api/session 429': () => throttled(() => call('GET', '/api/session')),
  'post /api/session 200': () => call('POST', '/api/session'),
  'post /api/session 401': () => call('POST', '/api/session', undefined, 'wrong'),
  'post /api/session 403': () => callFromPage('POST', '/api/session'),
  'post /api/session 429': () => throttled(() => call('POST', '/api/session')),
  'delete /api/session 200': () => callSignedIn('DELETE'),
  'delete /api/session 401': () => call('DELETE', '/api/session', undefined, 'wrong'),
  'delete /api/session 403': () => callFromPage('DELETE', '/api/session'),
  'delete /api/session 404': () => call('DELETE', '/api/session'),
  'delete /api/session 429': () => throttled(() => call('DELETE', '/api/session')),
  'get /api/openapi.json 200': () => call('GET', '/api/openapi.json', undefined, 'wrong'),
}

/** The documented answers by method, path and status. */
function documented(): Map<string, DocumentedResponse> {
  const all = new Map<string, DocumentedResponse>()
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, { responses }] of Object.entries(methods)) {
      for (const [status, response] of Object.entries(responses)) {
        const shared = document.components.responses[response.$ref?.split('/').at(-1) ?? '']
        all.set(`${method} ${path} ${status}`, shared ?? response)
      }
    }
  }
  return all
}

function expectValid(schema: object | undefined, value: unknown): void {
  ajv.validate({ $defs: document.components.schemas, ...schema }, value)
  expect(ajv.errors).toBeNull()
}

describe('spec/openapi.json', () => {
  test('has a case here for each answer it documents', () => {
    expect(Object.keys(cases)).toEqual([...documented().keys()])
  })

  test.each(Object.keys(cases))('tells the truth about %s', async (name) => {
    const response = documented().get(name)
    const answer = await cases[name]?.()
    expect(answer?.status).toBe(Number(name.split(' ').at(-1)))
    const [type = '', { schema: body } = {}] = Object.entries(response?.content ?? {})[0] ?? []
    expect(answer?.headers.get('content-type')).toBe(type)
    for (const [header, { schema }] of Object.entries(response?.headers ?? {})) {
      const value = answer?.headers.get(header) ?? undefined
      expectValid(schema, /^\d+$/.test(value ?? '') ? Number(value) : value)
    }
    expectValid(body, type === 'application/json' ? await answer?.json() : await answer?.text())
  })

  test.each([...documented()])('shows an example that fits its schema at %s', (_name, response) => {
    const { schema = {}, example } = Object.values(response.content)[0] ?? {}
    expectValid({ anyOf: [schema, { const: 'no example' }] }, example ?? 'no example')
  })

  test('names the limits of the code', () => {
    expect(source).toContain(`"maxItems": ${maxListedChannels}`)
    expect(source).toContain(`The body has more than ${maxBodyBytes} bytes.`)
    expect(source).toContain(`The body did not come within ${bodyTimeoutMs / 1000} seconds.`)
  })
})
