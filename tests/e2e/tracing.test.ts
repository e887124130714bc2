import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connect } from '@ls/socks5/node'
import { echoServer, freePort, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { UdpAssociation } from '../interop/socks-client.js'
import { afterTest, closing } from '../stress/cleanup.js'
import { otlpReceiver, type SpanShown } from './otlp-receiver.js'
import { Program } from './program.js'
import { udpEcho } from './udp-echo.js'

// Spans of one connection through two programs, as a receiver of OTLP gets them.

/** Returns each span after its parents, the outermost first, without times. */
function paths(spans: readonly SpanShown[]): string[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]))
  const path = (span: SpanShown): string => {
    const parent = byId.get(span.parentSpanId ?? '')
    return `${parent === undefined ? '' : `${path(parent)} > `}${span.service}:${span.name}`
  }
  return spans.map(path).toSorted()
}

/** Starts programs whose spans go to the receiver, each with the name of its command. */
async function tracedPrograms(...more: string[]) {
  const { spans, endpoint } = await otlpReceiver()
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_BSP_SCHEDULE_DELAY: '50' }
  const start = (name: string, ...args: string[]) =>
    new Program({ environment: { ...environment, OTEL_SERVICE_NAME: name } }, name, ...args)
  const [port, proxyPort] = [await freePort(), await freePort()]
  const url = `ws://127.0.0.1:${port}`
  const server = start('server', '-t', 'tok', '-H', '127.0.0.1', '-P', String(port), '--guard', 'none', ...more)
  await server.printed(/listening/)
  return { spans, start, url, proxyPort }
}

/** Sends a byte through the proxy port to an echo server and back, and ends the connection. */
async function echoed(proxyPort: number): Promise<void> {
  const target = closing(await echoServer())
  const socket = await connect({
    proxy: { host: '127.0.0.1', port: proxyPort },
    target: { host: '127.0.0.1', port: target.port },
  })
  socket.write('x')
  await once(socket, 'data')
  socket.end().resume()
}

/** Returns events and one attribute of each span, which shows how its part ended. */
function endsOf(spans: readonly SpanShown[], attribute: string) {
  const ends = spans.filter(({ attributes }) => attributes.some(({ key }) => key === 'linksocks.outcome'))
  return ends.map(({ events = [], attributes }) => [
    events.map(({ name }) => name),
    attributes.find(({ key }) => key === attribute)?.value.stringValue,
  ])
}

/** Returns spans of a connection from the program `near` to a target that `far` dials. */
function pathsOfConnection(near: string, far: string): string[] {
  const connection = `${near}:linksocks.connection`
  const open = `${connection} > ${near}:linksocks.open`
  const exit = `${open} > ${far}:linksocks.exit`
  return [connection, open, exit, `${exit} > ${far}:linksocks.dial`, `${connection} > ${near}:linksocks.pick`]
}

const pathsOfAssociation = [
  'client:linksocks.association',
  'client:linksocks.association > client:linksocks.open',
  'client:linksocks.association > client:linksocks.open > server:linksocks.exit',
  'client:linksocks.association > client:linksocks.pick',
]

test('a connection makes one trace over client and server, and each part says how it went', async () => {
  const { spans, start, url, proxyPort } = await tracedPrograms()
  await start('client', '-t', 'tok', '-u', url, '-p', String(proxyPort)).printed(/proxy: /)
  await echoed(proxyPort)
  await until(() => spans.length >= 5, 'all spans')

  expect(paths(spans)).toEqual(pathsOfConnection('client', 'server'))
  expect(endsOf(spans, 'linksocks.outcome')).toEqual([
    [['first byte'], 'ok'],
    [['first byte'], 'ok'],
  ])
})

test('a trace continues from a connector over the server to a provider', async () => {
  const { spans, start, url, proxyPort } = await tracedPrograms('-r', '-c', 'con')
  const provider = start('provider', '-t', 'tok', '-u', url, '--guard', 'none')
  const connector = start('connector', '-t', 'con', '-u', url, '-p', String(proxyPort))
  await Promise.all([provider.printed(/linked/), connector.printed(/proxy: /)])
  await echoed(proxyPort)
  await until(() => spans.length >= 5, 'all spans')

  expect(paths(spans)).toEqual(pathsOfConnection('connector', 'provider'))
})

test('a trace continues from a connector to a provider on a direct path', async () => {
  const { spans, start, url, proxyPort } = await tracedPrograms('-r', '-a', '--direct-enable')
  const direct = ['-u', url, '--direct-mode', 'direct-only', '--direct-only-action', 'refuse']
  await start('provider', '-t', 'tok', '-c', 'con', '--guard', 'none', ...direct).printed(/linked/)
  const connector = start('connector', '-t', 'con', '-p', String(proxyPort), ...direct)
  await connector.printed(/path: direct/)
  await echoed(proxyPort)
  await until(() => spans.length >= 5, 'all spans')

  expect(paths(spans)).toEqual(pathsOfConnection('connector', 'provider'))
})

test('an association for UDP makes one trace as well', async () => {
  const { spans, start, url, proxyPort } = await tracedPrograms()
  await start('client', '-t', 'tok', '-u', url, '-p', String(proxyPort)).printed(/proxy: /)
  const echo = closing(await udpEcho())
  const association = await UdpAssociation.open(proxyPort)
  await association.exchange('127.0.0.1', echo.port, Buffer.from('ping'))
  association.close()
  await until(() => spans.length >= 4, 'all spans')

  expect(paths(spans)).toEqual(pathsOfAssociation)
  expect(endsOf(spans, 'network.transport')).toEqual([
    [['first byte'], 'udp'],
    [['first byte'], 'udp'],
  ])
})

test('a plain request to an HTTP proxy makes one trace as well', async () => {
  const { spans, start, url, proxyPort } = await tracedPrograms()
  await start('client', '-t', 'tok', '-u', url, '-p', String(proxyPort)).printed(/proxy: /)
  const site = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1')
  afterTest(() => site.close())
  await once(site, 'listening')
  const { port } = site.address() as AddressInfo
  const asked = request({ port: proxyPort, path: `http://127.0.0.1:${port}/`, headers: { connection: 'close' } }).end()
  const [answer] = (await once(asked, 'response')) as [IncomingMessage]
  answer.resume()
  site.closeIdleConnections()
  await until(() => spans.length >= 5, 'all spans')

  expect(paths(spans)).toEqual(pathsOfConnection('client', 'server'))
})

test('a source of datagrams at a fixed port makes one trace as well', async () => {
  const { spans, start, url, proxyPort } = await tracedPrograms()
  const echo = closing(await udpEcho())
  const port = await freePort()
  const flags = ['-p', String(proxyPort), '--forward', `udp:${port}=127.0.0.1:${echo.port}`]
  const client = start('client', '-t', 'tok', '-u', url, ...flags)
  await client.printed(/^forward: /m)
  const socket = createSocket('udp4')
  afterTest(() => socket.close())
  socket.send('ping', port, '127.0.0.1')
  await once(socket, 'message')
  client.kill('SIGTERM')
  await until(() => spans.length >= 4, 'all spans')

  expect(paths(spans)).toEqual(pathsOfAssociation)
})
