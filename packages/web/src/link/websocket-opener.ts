import { formatChannelId, type Extension } from '@ls/codec'
import type { Clock } from '@ls/foundation'
import type { LinkOpener } from '@ls/link'
import { WebError } from '../errors.js'
import { type WebSocketLike, WebSocketTransport } from './websocket-transport.js'

/** Creates a WebSocket, like the `WebSocket` of browsers. */
export type WebSocketConstructor = new (url: string) => OpeningWebSocket

/** The part of a `WebSocket` that an opener uses. */
export type OpeningWebSocket = WebSocketLike & Pick<WebSocket, 'onopen' | 'onerror'>

/** Options of {@link webSocketOpener}. */
export interface WebSocketOpenerOptions {
  readonly url: URL
  /** Extensions to request. */
  readonly extensions: readonly Extension[]
  readonly clock: Clock
  readonly WebSocket: WebSocketConstructor
}

/** Opens the WebSockets of a page. The token is in the first message: URLs are written to logs. */
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
  /** URL for errors: without the query. */
  readonly place: string
}

/**
 * Waits until the WebSocket is open. A page gets no reason for a failure: a wrong name, a certificate and a proxy look
 * the same (WebSockets §9.3).
 */
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
      resolve(new WebSocketTransport(socket, { clock }))
    }
  })
}

/**
 * Converts a user's text to the URL of the link: `https:` means `wss:`, and no path means `/socket`.
 *
 * @throws RangeError for a text that is no URL of a server
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
