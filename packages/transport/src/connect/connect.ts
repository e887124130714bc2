import { validateHeaderName, validateHeaderValue } from 'node:http'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { maxEarlyDataBytes } from '@ls/codec'
import type { Dial, NameResolver } from '@ls/dial'
import { checkDurationMs, checkInteger } from '@ls/foundation'
import type { MessageTransport } from '@ls/mux'
import type { WebSocket } from 'ws'
import { encodeEarlyData } from '../byte-stream/early-data.js'
import { TransportError } from '../errors.js'
import { resolveTransportOptions, type ResolvedTransportOptions, type TransportOptions } from '../options.js'
import { WebSocketTransport } from '../websocket/websocket-transport.js'
import { Attempt } from './attempt.js'
import { dialBy, dialTcp, dialUnix } from './dial.js'
import { environmentProxy, type Environment } from './environment-proxy.js'
import { connectThroughProxy } from './proxy-connect.js'
import { resolveRedirect } from './redirect.js'
import { requestHeaders } from './request-headers.js'
import { startTls, type ClientTlsOptions } from './tls.js'
import { upgrade, type UpgradeResult } from './upgrade.js'
import { checkServerUrl, hostOf, parseServerUrl, placeOf, portOf, redactUrl, socketPathOf } from './url.js'

/** Server, way and time limits of a WebSocket to open. */
export interface ConnectOptions extends TransportOptions {
  /** URL as users write it (see {@link parseServerUrl}); a `URL` is used unchanged, with its query. */
  readonly url: string | URL
  /** Aborts `connect`, which then rejects with the signal's reason. Does not end an open transport. */
  readonly signal?: AbortSignal | undefined
  /**
   * More headers for the upgrade. Not sent to another host that a redirect leads to.
   * @default `User-Agent` of a current Chrome, and as `Host` the `servername` of `tls` if there is one
   */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Whether to use proxies of the environment, see {@link environmentProxy}. */
  readonly proxyFromEnvironment?: boolean | undefined
  /** @default process.env */
  readonly environment?: Environment | undefined
  /** Milliseconds for all steps together: names, connections, proxy, TLS, redirects, upgrade. @default 8000 */
  readonly dialTimeoutMs?: number | undefined
  /** Most redirects followed; 0 for none. @default 5 */
  readonly maxRedirects?: number | undefined
  /**
   * Trusted issuers and own certificate for `wss:`; another host that a redirect leads to gets no certificate of ours.
   * @default Node's issuers, from TLS 1.2 on
   */
  readonly tls?: ClientTlsOptions | undefined
  /**
   * Resolves the name of the server or the proxy. @default `serverResolver` of `@ls/dial`, which never waits behind
   * lookups of targets
   */
  readonly resolver?: NameResolver | undefined
  /** Opens the connection instead of TCP. Proxies of the environment are then ignored. */
  readonly dial?: Dial | undefined
  /** Messages to send before all others. @default none */
  readonly firstMessages?: readonly Uint8Array[] | undefined
  /**
   * Early data (0-RTT): most bytes of `firstMessages` that may be sent in the upgrade itself; the others follow. The
   * server must support it. It is never sent in the upgrade to another host after a redirect. At most 4096.
   * @default 0
   */
  readonly earlyDataBytes?: number | undefined
}

/** {@link connect}, or another way to open a WebSocket. */
export type Connect = (options: ConnectOptions) => Promise<MessageTransport>

interface Dialing {
  readonly options: ConnectOptions
  readonly transport: ResolvedTransportOptions
  readonly attempt: Attempt
}

/** One server in a chain of redirects, and the data it may get. */
interface Hop {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly tls: ClientTlsOptions
  readonly earlyDataBytes: number
}

/**
 * Opens a WebSocket to a server: by TCP or the environment's proxy, TLS for `wss:`, redirects followed.
 *
 * @throws TransportError naming server, likely cause and remedy, or the reason of `signal`.
 * @throws TypeError or RangeError for an invalid option.
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
  const maxRedirects = checkInteger('maxRedirects', options.maxRedirects ?? 5, 0, 100)
  const timeoutMs = checkDurationMs('dialTimeoutMs', options.dialTimeoutMs ?? 8000)
  const url = typeof options.url === 'string' ? parseServerUrl(options.url) : checkServerUrl(options.url)
  if (socketPathOf(url) !== undefined && options.dial !== undefined) {
    throw new TypeError(
      `${placeOf(url)} is a UNIX socket of this machine: it is not reached by \`dial\`, nor through proxies`,
    )
  }
  const earlyDataBytes = checkInteger('earlyDataBytes', options.earlyDataBytes ?? 0, 0, maxEarlyDataBytes)
  const attempt = new Attempt(timeoutMs, options.signal)
  try {
    const first: Hop = { url, headers, tls: options.tls ?? {}, earlyDataBytes }
    return await follow({ options, transport, attempt }, first, maxRedirects)
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
      const message = `${placeOf(hop.url)} redirects (${result.status}) again after ${redirects}, the limit`
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
  { options: { firstMessages = [] }, transport: options, attempt }: Dialing,
  { url, headers, tls, earlyDataBytes }: Hop,
): Promise<UpgradeResult<WebSocketTransport>> {
  const secure = url.protocol === 'wss:'
  const stream = secure ? await startTls(connection, hostOf(url), portOf(url), tls, attempt) : connection
  const peer = { ...addressOf(connection), url: redactUrl(url) }
  const protocols = encodeEarlyData(firstMessages, earlyDataBytes)
  const onOpen = (socket: WebSocket): WebSocketTransport => {
    const opened = new WebSocketTransport(socket, stream, options, peer, { isServer: false })
    for (const message of firstMessages.slice(protocols.length)) opened.send(message)
    return opened
  }
  return upgrade(stream, url, { ...options, headers: requestHeaders(url, headers, tls), protocols }, onOpen, attempt)
}

/** Opens the connection below TLS and WebSocket. */
export function openConnection(
  options: ConnectOptions,
  { url, tls }: Pick<Hop, 'url' | 'tls'>,
  attempt: Attempt,
): Promise<Duplex> {
  const host = hostOf(url)
  const port = portOf(url)
  const socketPath = socketPathOf(url)
  if (socketPath !== undefined) return dialUnix(socketPath, attempt)
  if (options.dial !== undefined) return dialBy(options.dial, host, port, attempt)
  const proxy = options.proxyFromEnvironment === false ? undefined : environmentProxy(url, options.environment)
  const dialNext = (nextHost: string, nextPort: number): Promise<Socket> =>
    dialTcp(nextHost, nextPort, attempt, options.resolver)
  if (proxy === undefined) return dialNext(host, port)
  return connectThroughProxy(proxy, { host, port, tls, attempt, dial: dialNext })
}

/**
 * Returns the next hop. Another host gets none of our headers, early data or certificates; trusted issuers stay the
 * same.
 */
function nextHop(hop: Hop, location: string, status: number): Hop {
  const { url, trusted } = resolveRedirect(hop.url, location, status)
  if (trusted) return { ...hop, url }
  const { cert: _cert, key: _key, passphrase: _passphrase, servername: _servername, ...tls } = hop.tls
  return { url, headers: {}, tls, earlyDataBytes: 0 }
}

/** Checks the headers. @throws TypeError for a header that HTTP does not allow. */
export function validHeaders(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
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
