import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { connect } from '@ls/socks5/node'
import { echoServer, freePort, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { Program } from './program.js'

// Spans of one connection through two programs, as a receiver of OTLP gets them.

interface SpanShown {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[]
  readonly events?: readonly { readonly name: string }[]
  service: string
}

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { key: string; value: { stringValue?: string } }[] }
    readonly scopeSpans: readonly { readonly spans: readonly SpanShown[] }[]
  }[]
}

/** A receiver of OTLP over HTTP with JSON, and the spans that it was sent. */
async function receiver() {
  const spans: SpanShown[] = []
  const server = createServer((request, response) => {
    void json(request).then((body) => {
      for (const { resource, scopeSpans } of (body as Export).resourceSpans) {
        const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? ''
        spans.push(...scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ ...span, service }))))
      }
      response.setHeader('content-type', 'application/json').end('{}')
    })
  }).listen(0, '127.0.0.1')
  afterTest(() => server.closeAllConnections())
  afterTest(() => server.close())
  await once(server, 'listening')
  return { spans, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

/** Each span with those that it belongs to, the outermost first, without what tells times. */
function paths(spans: readonly SpanShown[]): string[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  const path = (span: SpanShown): string => {
    const parent = byId.get(span.parentSpanId ?? '')
    return `${parent === undefined ? '' : `${path(parent)} > `}${span.service}:${span.name}`
  }
  return spans.map(path).toSorted()
}

test('a connection makes one trace over client and server, and each part says how it went', async () => {
  const { spans, endpoint } = await receiver()
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_BSP_SCHEDULE_DELAY: '50' }
  const start = (name: string, ...args: string[]) =>
    new Program({ environment: { ...environment, OTEL_SERVICE_NAME: name } }, name, '-t', 'tok', ...args)
  const [port, proxyPort] = [await freePort(), await freePort()]
  const server = start('server', '-H', '127.0.0.1', '-P', String(port), '--guard', 'none')
  await server.printed(/listening/)
  const client = start('client', '-u', `ws://127.0.0.1:${port}`, '-p', String(proxyPort))
  await client.printed(/proxy: /)
  const target = closing(await echoServer())
  const socket = await connect({
    proxy: { host: '127.0.0.1', port: proxyPort },
    target: { host: '127.0.0.1', port: target.port },
  })
  socket.write('x')
  await once(socket, 'data')
  socket.end().resume()
  await until(() => spans.length >= 5, 'all spans')

  expect(paths(spans)).toEqual([
    'client:linksocks.connection',
    'client:linksocks.connection > client:linksocks.open',
    'client:linksocks.connection > client:linksocks.open > server:linksocks.exit',
    'client:linksocks.connection > client:linksocks.open > server:linksocks.exit > server:linksocks.dial',
    'client:linksocks.connection > client:linksocks.pick',
  ])
  const ends = spans.filter(({ attributes }) => attributes.some(({ key }) => key === 'linksocks.outcome'))
  expect(
    ends.map(({ events = [], attributes }) => [
      events.map(({ name }) => name),
      attributes.find(({ key }) => key === 'linksocks.outcome')?.value.stringValue,
    ]),
  ).toEqual([
    [['first byte'], 'ok'],
    [['first byte'], 'ok'],
  ])
})
