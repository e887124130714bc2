import { formatChannelId, type Extension } from '@ls/codec'
import type { Clock } from '@ls/foundation'
import type { LinkOpener } from '@ls/link'
import { WebError } from '../errors.js'
import { type WebSocketLike, WebSocketTransport } from './websocket-transport.js'

/** Makes a WebSocket, as the `WebSocket` of browsers does. */
export type WebSocketConstructor = new (url: string) => OpeningWebSocket

/** What an opener uses of a `WebSocket`. */
export type OpeningWebSocket = WebSocketLike & Pick<WebSocket, 'onopen' | 'onerror'>

/** Where to, and with what. */
export interface WebSocketOpenerOptions {
  readonly url: URL
  /** Extensions to ask for. */
  readonly extensions: readonly Extension[]
  readonly clock: Clock
  readonly WebSocket: WebSocketConstructor
}

/** Opens the WebSockets of a page. The token goes in the first message: URLs end up in logs. */
export function webSocketOpener({ url, extensions, clock, WebSocket }: WebSocketOpenerOptions): LinkOpener {
  return {
    authenticated: false,
    open({ resume, signal }) {
      const address = new URL(url)
      if (extensions.length > 0) address.searchParams.set('ext', extensions.join(','))
      if (resume !== undefined) address.searchParams.set('resume', formatChannelId(resume))
      return open(new WebSocket(address.href), { clock, signal, place: `${url.protocol}//${url.host}` })
    },
  }
}

interface Opening {
  readonly clock: Clock
  readonly signal: AbortSignal
  /** For errors: without the query. */
  readonly place: string
}

/** A page learns nothing of why: a wrong name, a certificate and a proxy all look the same (WebSockets §9.3). */
function open(socket: OpeningWebSocket, { clock, signal, place }: Opening): Promise<WebSocketTransport> {
  return new Promise((resolve, reject) => {
    const fail = (): void => reject(new WebError('ERR_WEB_UNREACHABLE', `no WebSocket to ${place} could be opened`))
    const giveUp = (): void => {
      socket.close()
      reject(signal.reason as Error)
    }
    if (signal.aborted) return giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
    socket.onerror = fail
    socket.onclose = fail
    socket.onopen = () => {
      signal.removeEventListener('abort', giveUp)
      socket.onerror = null
      resolve(new WebSocketTransport(socket, clock))
    }
  })
}

/**
 * The URL of the link behind what a user writes: `https:` means `wss:`, and no path means `/socket`.
 *
 * @throws RangeError for what is no URL of a server
 */
export function linkUrl(text: string | URL): URL {
  const url = tryParse(text)
  if (url === null || !/^(?:wss?|https?):$/.test(url.protocol)) {
    throw new RangeError(`'${String(text)}' is no URL of a server; it looks like wss://example.org`)
  }
  const result = new URL(url.href.replace(/^http/, 'ws'))
  if (result.pathname === '/') result.pathname = '/socket'
  result.hash = ''
  return result
}

function tryParse(text: string | URL): URL | null {
  try {
    return new URL(text)
  } catch {
    return null
  }
}
