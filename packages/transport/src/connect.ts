import { validateHeaderName, validateHeaderValue } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { Attempt } from './attempt.js'
import { dialBy, dialTcp, type Dial } from './dial.js'
import { environmentProxy, type Environment } from './environment-proxy.js'
import { TransportError } from './errors.js'
import {
  durationMs,
  integerIn,
  resolveTransportOptions,
  type ResolvedTransportOptions,
  type TransportOptions,
} from './options.js'
import { connectThroughProxy } from './proxy-connect.js'
import { resolveRedirect } from './redirect.js'
import { startTls, type ClientTlsOptions } from './tls.js'
import { upgrade, type UpgradeResult } from './upgrade.js'
import { hostOf, parseServerUrl, placeOf, portOf, redactUrl, toWebSocketUrl } from './url.js'
import { WebSocketTransport } from './websocket-transport.js'

export interface ConnectOptions extends TransportOptions {
  /** As a user writes it (see {@link parseServerUrl}); a `URL` is taken as it stands, with its query. */
  readonly url: string | URL
  /** Gives up; `connect` then rejects with the signal's reason. Does not end a transport that is open. */
  readonly signal?: AbortSignal
  /** More headers for the upgrade. Not sent to another host that a redirect leads to. */
  readonly headers?: Readonly<Record<string, string>>
  /** Whether the proxies in the environment are used, see {@link environmentProxy}. @default true */
  readonly proxyFromEnvironment?: boolean
  /** @default process.env */
  readonly environment?: Environment
  /** Milliseconds for everything together: names, connections, proxy, TLS, redirects, upgrade. @default 8000 */
  readonly dialDeadlineMs?: number
  /** Most redirects followed; 0 for none. @default 5 */
  readonly maxRedirects?: number
  readonly tls?: ClientTlsOptions
  /** Opens the connection instead of TCP. The proxies in the environment are then not looked at. */
  readonly dial?: Dial
}

interface Dialing {
  readonly options: ConnectOptions
  readonly transport: ResolvedTransportOptions
  readonly attempt: Attempt
}

/** One place that was asked, and what it may know of us. */
interface Hop {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly tls: ClientTlsOptions
}

/**
 * Opens a WebSocket to a server: by TCP or the environment's proxy, TLS for `wss:`, redirects followed.
 *
 * @throws TransportError naming place, likely cause and cure, or the reason of `signal`.
 * @throws TypeError or RangeError for an option that makes no sense.
 *
 * @example
 * ```ts
 * const transport = await connect({ url: 'ws://localhost:8765' })
 * transport.setHandler({ onMessage: console.log, onDrain() {}, onClose: console.log })
 * transport.send(Uint8Array.of(1, 2, 3))
 * ```
 */
export async function connect(options: ConnectOptions): Promise<WebSocketTransport> {
  const transport = resolveTransportOptions(options)
  const headers = validHeaders(options.headers ?? {})
  const maxRedirects = integerIn('maxRedirects', options.maxRedirects ?? 5, 0, 100)
  const deadlineMs = durationMs('dialDeadlineMs', options.dialDeadlineMs ?? 8000)
  const url =
    typeof options.url === 'string' ? parseServerUrl(options.url) : toWebSocketUrl(options.url, placeOf(options.url))
  const attempt = new Attempt(deadlineMs, options.signal)
  try {
    return await follow({ options, transport, attempt }, { url, headers, tls: options.tls ?? {} }, maxRedirects)
  } finally {
    attempt.dispose()
  }
}

async function follow(dialing: Dialing, first: Hop, maxRedirects: number): Promise<WebSocketTransport> {
  let hop = first
  for (let redirects = 0; ; redirects++) {
    const result = await tryHop(dialing, hop)
    if (result.kind === 'open') return result.value
    if (redirects === maxRedirects) {
      const message = `${placeOf(hop.url)} redirects (${result.status}) once more after ${redirects}, the most allowed`
      throw new TransportError('ERR_TRANSPORT_REDIRECTS', message, { status: result.status })
    }
    hop = nextHop(hop, result.location, result.status)
    dialing.transport.logger.debug({ status: result.status, url: redactUrl(hop.url) }, 'redirected')
  }
}

async function tryHop(dialing: Dialing, hop: Hop): Promise<UpgradeResult<WebSocketTransport>> {
  const connection = await openConnection(dialing.options, hop, dialing.attempt)
  try {
    return await upgradeOver(connection, dialing, hop)
  } catch (error) {
    connection.destroy()
    throw error
  }
}

async function upgradeOver(
  connection: Duplex,
  { transport: options, attempt }: Dialing,
  { url, headers, tls }: Hop,
): Promise<UpgradeResult<WebSocketTransport>> {
  const secure = url.protocol === 'wss:'
  const stream = secure ? await startTls(connection, hostOf(url), portOf(url), tls, attempt) : connection
  const peer = { ...addressOf(connection), url: redactUrl(url) }
  const onOpen = (socket: WebSocket): WebSocketTransport => new WebSocketTransport(socket, stream, options, peer)
  return upgrade(stream, url, { ...options, headers }, onOpen, attempt)
}

function openConnection(options: ConnectOptions, { url, tls }: Hop, attempt: Attempt): Promise<Duplex> {
  const host = hostOf(url)
  const port = portOf(url)
  if (options.dial !== undefined) return dialBy(options.dial, host, port, attempt)
  const proxy = options.proxyFromEnvironment === false ? undefined : environmentProxy(url, options.environment)
  return proxy === undefined ? dialTcp(host, port, attempt) : connectThroughProxy(proxy, host, port, tls, attempt)
}

/** Another host gets no headers and no certificate of ours; what we trust stays the same. */
function nextHop(hop: Hop, location: string, status: number): Hop {
  const { url, trusted } = resolveRedirect(hop.url, location, status)
  if (trusted) return { ...hop, url }
  const { cert: _cert, key: _key, passphrase: _passphrase, servername: _servername, ...tls } = hop.tls
  return { url, headers: {}, tls }
}

function validHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(headers)) {
    validateHeaderName(name)
    validateHeaderValue(name, value)
  }
  return headers
}

function addressOf(stream: Duplex): { address: string | undefined; port: number | undefined } {
  if (!(stream instanceof Socket)) return { address: undefined, port: undefined }
  return { address: stream.remoteAddress, port: stream.remotePort }
}
