import { maxEarlyDataBytes } from '@ls/codec'
import { checkDurationMs, checkInteger } from '@ls/foundation'
import type { ClientTlsOptions } from '@ls/transport'
import {
  Attempt,
  encodeEarlyData,
  openConnection,
  placeOf,
  type ResolvedTransportOptions,
  resolveTransportOptions,
} from '@ls/transport/custom-connect'
import type { Session, WebSocket, WebSocketOptions } from 'wreq-js'
import { isHandshakeHeader } from './browser-headers.js'
import type { Engine, EngineRequest } from './engine.js'
import type { Fingerprint } from './fingerprint.js'
import type { Wreq } from './load-wreq.js'
import { withOwnRoots } from './own-roots.js'
import { profiles } from './profiles.js'
import { Tunnel } from './tunnel.js'
import { openError } from './wreq-error.js'
import { WreqTransport } from './wreq-transport.js'

/** Request for one link. */
interface Opening {
  readonly url: URL
  readonly headers: EngineRequest['headers']
  readonly protocols: string[]
  readonly tls: ClientTlsOptions
  readonly transport: ResolvedTransportOptions
}

/** Makes an engine of BoringSSL with the lists of each browser, the newest versions of wreq-js. */
export function wreqEngine(wreq: Wreq, browser: Fingerprint): Engine {
  return { userAgent: userAgentOf(wreq, browser), open: (request) => open(wreq, browser, request) }
}

async function open(
  wreq: Wreq,
  browser: Fingerprint,
  { options, url, headers }: EngineRequest,
): Promise<WreqTransport> {
  const { tls = {}, firstMessages = [] } = options
  const transport = resolveTransportOptions(options)
  const earlyDataBytes = checkInteger('earlyDataBytes', options.earlyDataBytes ?? 0, 0, maxEarlyDataBytes)
  const protocols = encodeEarlyData(firstMessages, earlyDataBytes)
  const attempt = new Attempt(checkDurationMs('dialTimeoutMs', options.dialTimeoutMs ?? 8000), options.signal)
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

/** Opens a WebSocket. `onOpen` runs immediately, since a message without a listener is lost. */
async function openSocket(
  wreq: Wreq,
  browser: Fingerprint,
  tunnel: Tunnel,
  { url, headers, protocols, tls, transport: { maxMessageBytes } }: Opening,
  onOpen: (socket: WebSocket) => void,
): Promise<void> {
  const session = await openSession(wreq, browser, tunnel, headers, tls)
  try {
    // The tunnel leads to the server for any requested name.
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
    // The WebSocket stays open without the session.
    await session.close()
  }
}

/** Opens one session for each link: sessions share cookies and TLS tickets, and a ticket changes the ClientHello. */
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

/** Returns the User-Agent of the newest version of wreq-js, on this system; Safari exists on one only. */
function userAgentOf(wreq: Wreq, browser: Fingerprint): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform === 'darwin' ? 'macos' : 'linux'
  const headers = wreq.getEmulationHeaders(browser, browser === 'safari' ? 'macos' : system)
  return headers.get('user-agent') ?? ''
}
