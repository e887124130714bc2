import type { MessageTransport } from '@ls/mux'
import type { Session, WebSocket, WebSocketOptions } from 'wreq-js'
import { Attempt } from '../attempt.js'
import { connect, openConnection, validHeaders, type Connect, type ConnectOptions } from '../connect.js'
import { encodeEarlyData, maxEarlyDataBytes } from '../early-data.js'
import { durationMs, integerIn, resolveTransportOptions, type ResolvedTransportOptions } from '../options.js'
import type { ClientTlsOptions } from '../tls.js'
import { checkServerUrl, parseServerUrl, placeOf } from '../url.js'
import { browserHeaders, isHandshakeHeader } from './browser-headers.js'
import { fingerprints, type Fingerprint } from './fingerprint.js'
import { loadWreq, type Wreq } from './load-wreq.js'
import { withOwnRoots } from './own-roots.js'
import { profiles } from './profiles.js'
import { Tunnel } from './tunnel.js'
import { openError } from './wreq-error.js'
import { WreqTransport } from './wreq-transport.js'

/** One link that is to be opened over TLS. */
interface Opening {
  readonly url: URL
  readonly headers: readonly [name: string, value: string][]
  readonly protocols: string[]
  readonly tls: ClientTlsOptions
  readonly transport: ResolvedTransportOptions
}

/**
 * A `connect` whose links look like a browser's: by the headers of the upgrade and, over TLS, by the ClientHello. Proxies
 * and `dial` work as ever; redirects are not followed. Of `tls` it takes `ca`, `servername` and `rejectUnauthorized`: all
 * else would make it look different. Its links over TLS have no heartbeat, since the package below cannot ping.
 *
 * @throws TypeError for a browser it does not know, TransportError `ERR_TRANSPORT_FINGERPRINT` without wreq-js
 *
 * @example
 * ```ts
 * const connect = await connectAsBrowser('chrome')
 * const transport = await connect({ url: 'wss://proxy.example.com' })
 * ```
 */
export async function connectAsBrowser(browser: Fingerprint): Promise<Connect> {
  if (!fingerprints.includes(browser)) {
    throw new TypeError(`there is no fingerprint '${browser as string}', only ${fingerprints.join(', ')}`)
  }
  const wreq = await loadWreq()
  return (options) => open(wreq, browser, options)
}

async function open(wreq: Wreq, browser: Fingerprint, options: ConnectOptions): Promise<MessageTransport> {
  const { tls = {}, firstMessages = [] } = options
  checkTls(tls)
  const { url, headers } = request(wreq, browser, options)
  // Without TLS only the headers tell who we are, and Node can send those.
  if (url.protocol !== 'wss:')
    return connect({ ...options, url, headers: Object.fromEntries(headers), maxRedirects: 0 })
  const transport = resolveTransportOptions(options)
  const earlyDataBytes = integerIn('earlyDataBytes', options.earlyDataBytes ?? 0, 0, maxEarlyDataBytes)
  const protocols = encodeEarlyData(firstMessages, earlyDataBytes)
  const attempt = new Attempt(durationMs('dialDeadlineMs', options.dialDeadlineMs ?? 8000), options.signal)
  try {
    const tunnel = await Tunnel.open(await openConnection(options, { url, tls }, attempt))
    try {
      const opened = await openOver(tunnel, wreq, browser, { url, headers, protocols, tls, transport }, attempt)
      for (const message of firstMessages.slice(protocols.length)) opened.send(message)
      return opened
    } catch (error) {
      tunnel.destroy()
      throw error
    }
  } finally {
    attempt.dispose()
  }
}

/** URL and headers of the upgrade, with the URL's credentials in a header. */
function request(wreq: Wreq, browser: Fingerprint, options: ConnectOptions): Pick<Opening, 'url' | 'headers'> {
  const given = typeof options.url === 'string' ? parseServerUrl(options.url) : checkServerUrl(options.url)
  const url = new URL(given)
  url.username = ''
  url.password = ''
  const named = new URL(url)
  if (url.protocol === 'wss:') named.hostname = options.tls?.servername ?? url.hostname
  const headers = browserHeaders(profiles[browser], {
    host: named.host === '' ? undefined : named.host,
    secure: url.protocol === 'wss:',
    userAgent: userAgentOf(wreq, browser),
    given: { ...credentialsOf(given), ...validHeaders(options.headers ?? {}) },
  })
  return { url, headers }
}

function openOver(
  tunnel: Tunnel,
  wreq: Wreq,
  browser: Fingerprint,
  opening: Opening,
  attempt: Attempt,
): Promise<WreqTransport> {
  const { url, transport } = opening
  return attempt.step(`setting up TLS and a WebSocket with ${placeOf(url)}`, (resolve, reject) => {
    let undone = false
    const onOpen = (socket: WebSocket): void => {
      if (undone) socket.close()
      else resolve(new WreqTransport(socket, tunnel, transport))
    }
    openSocket(wreq, browser, tunnel, opening, onOpen).catch((error: unknown) =>
      reject(openError(url, error, tunnel.error)),
    )
    return () => {
      undone = true
    }
  })
}

/** `onOpen` runs at once, since a message that nobody listens for is lost. */
async function openSocket(
  wreq: Wreq,
  browser: Fingerprint,
  tunnel: Tunnel,
  { url, headers, protocols, tls, transport: { maxMessageBytes } }: Opening,
  onOpen: (socket: WebSocket) => void,
): Promise<void> {
  const session = await openSession(wreq, browser, tunnel, headers, tls)
  try {
    // The tunnel leads to the server whatever name is asked for.
    const dialled = new URL(url)
    dialled.hostname = tls.servername ?? url.hostname
    const options: WebSocketOptions = {
      headers: headers.filter(([name]) => !isHandshakeHeader(name)),
      maxFrameSize: maxMessageBytes,
      maxMessageSize: maxMessageBytes,
      ...(protocols.length === 0 ? {} : { protocols }),
    }
    await session.websocket(dialled, options).then(onOpen)
  } finally {
    // The WebSocket lives on without it.
    await session.close()
  }
}

/** One for each link: sessions share cookies and TLS tickets, and a ticket changes the ClientHello. */
function openSession(
  wreq: Wreq,
  browser: Fingerprint,
  { proxyUrl }: Tunnel,
  headers: Opening['headers'],
  { ca, rejectUnauthorized }: ClientTlsOptions,
): Promise<Session> {
  const create = (): Promise<Session> =>
    wreq.createSession({
      proxy: proxyUrl,
      emulation: { tlsOptions: profiles[browser].tls, origHeaders: headers.map(([name]) => name) },
      trustStore: ca === undefined ? 'combined' : 'defaultPaths',
      insecure: rejectUnauthorized === false,
    })
  return ca === undefined ? create() : withOwnRoots(ca, create)
}

function checkTls(tls: ClientTlsOptions): void {
  const { cert, key, passphrase, ciphers, maxVersion, minVersion } = tls
  const unfit = Object.entries({ cert, key, passphrase, ciphers, maxVersion }).find(([, value]) => value !== undefined)
  if (unfit !== undefined) throw new TypeError(`tls.${unfit[0]} and a browser's fingerprint exclude each other`)
  if (minVersion === 'TLSv1.3') {
    throw new TypeError(
      "tls.minVersion TLSv1.3 and a browser's fingerprint exclude each other: browsers offer TLS 1.2 too",
    )
  }
  if (tls.servername === '') throw new TypeError('tls.servername is empty, and browsers always send a server name')
}

/** The newest version that wreq-js knows, on this system; Safari is at home on one only. */
function userAgentOf(wreq: Wreq, browser: Fingerprint): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform === 'darwin' ? 'macos' : 'linux'
  const headers = wreq.getEmulationHeaders(browser, browser === 'safari' ? 'macos' : system)
  return headers.get('user-agent') ?? ''
}

function credentialsOf({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {}
  const account = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { Authorization: `Basic ${Buffer.from(account).toString('base64')}` }
}
