import { once } from 'node:events'
import { createServer, request, type IncomingHttpHeaders, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterEach, expect, test } from 'vitest'
import { fullSnapshot } from '../testing/snapshot.js'
import { metricsHandler, type MetricsHandlerOptions } from './handler.js'

const servers: Server[] = []

afterEach(() => servers.splice(0).forEach((server) => server.close()))

interface Ask {
  readonly path?: string
  readonly method?: string
  readonly headers?: IncomingHttpHeaders
  readonly options?: Partial<MetricsHandlerOptions>
}

async function ask({ path = '/metrics', method = 'GET', headers = {}, options = {} }: Ask = {}) {
  const server = createServer(metricsHandler({ snapshot: () => fullSnapshot, ...options })).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const sent = request({ host: '127.0.0.1', port, path, method, headers: { ...headers }, agent: false }).end()
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return { status: response.statusCode, type: response.headers['content-type'], body: await text(response) }
}

test('metricsHandler answers /metrics with the numbers', async () => {
  const { status, type, body } = await ask()
  expect({ status, type, hasChannels: body.includes('linksocks_channels{') }).toEqual({
    status: 200,
    type: 'text/plain; version=0.0.4; charset=utf-8',
    hasChannels: true,
  })
})

test('metricsHandler answers /healthz with 200 whatever the state', async () => {
  const readiness = { ready: false, reasons: ['the server is starting'], notes: [] }
  const { status, body } = await ask({
    path: '/healthz',
    options: { snapshot: () => ({ ...fullSnapshot, readiness }) },
  })
  expect({ status, body }).toEqual({ status: 200, body: 'ok\n' })
})

test('metricsHandler answers /readyz with 503 and the reasons', async () => {
  const readiness = { ready: false, reasons: ['the server is starting'], notes: [] }
  const { status, body } = await ask({ path: '/readyz', options: { snapshot: () => ({ ...fullSnapshot, readiness }) } })
  expect({ status, body: JSON.parse(body) as unknown }).toEqual({ status: 503, body: readiness })
})

test('metricsHandler answers /readyz with 200 when ready, and to a query as well', async () => {
  expect((await ask({ path: '/readyz?verbose' })).status).toBe(200)
})

test('metricsHandler answers /status with the snapshot', async () => {
  expect(JSON.parse((await ask({ path: '/status' })).body)).toEqual(fullSnapshot)
})

test('metricsHandler answers HEAD without a body', async () => {
  const { status, body } = await ask({ method: 'HEAD' })
  expect({ status, body }).toEqual({ status: 200, body: '' })
})

test.each<[number, string, Ask]>([
  [404, 'an unknown path', { path: '/secret' }],
  [404, 'a name that all objects have', { path: '/constructor' }],
  [405, 'POST', { method: 'POST' }],
  [403, 'a web page', { headers: { origin: 'https://evil.example' } }],
  [403, 'a foreign name on loopback', { headers: { host: 'evil.example' }, options: { localOnly: true } }],
])('metricsHandler answers %i to %s', async (status, _what, question) => {
  expect((await ask(question)).status).toBe(status)
})

test.each(['127.0.0.1:9090', '[::1]:9090', 'localhost', 'localhost:9090'])(
  'metricsHandler takes %s for a name of this machine',
  async (host) => {
    expect((await ask({ headers: { host }, options: { localOnly: true } })).status).toBe(200)
  },
)

test('metricsHandler answers 500, and logs why, when there are no numbers', async () => {
  const logged: unknown[] = []
  const quiet = { trace() {}, debug() {}, info() {}, warn() {} }
  const logger = { ...quiet, error: (fields: object) => void logged.push(fields), child: () => logger }
  const snapshot = (): never => {
    throw new Error('broken')
  }
  const { status } = await ask({ options: { snapshot, logger } })
  expect({ status, logged }).toEqual({ status: 500, logged: [{ err: new Error('broken') }] })
})
