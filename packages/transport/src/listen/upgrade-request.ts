import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import type { ClientAddress } from '../port/client-address.js'
import type { UpgradeRefusal } from './refuse-upgrade.js'

/** A client's request before its WebSocket is opened. */
export interface UpgradeRequest {
  /** Path without the query, percent-encoded as received. */
  readonly path: string
  /** Decoded query; empty where there is none. */
  readonly query: URLSearchParams
  /** Headers as Node reads them: names in lower case. */
  readonly headers: IncomingHttpHeaders
  /** Address of the client: the one reported by a trusted proxy, otherwise that of the connection. */
  readonly remoteAddress: string | undefined
  /** Port of the client; undefined if a proxy does not report it. */
  readonly remotePort: number | undefined
}

/** Reads the head of a request; the target need not be a URL. */
export function readUpgradeRequest(request: IncomingMessage, client: ClientAddress): UpgradeRequest {
  const target = request.url ?? '/'
  const mark = target.indexOf('?')
  return {
    path: mark < 0 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)),
    headers: request.headers,
    remoteAddress: client.address,
    remotePort: client.port,
  }
}

/** Returns the fault of a WebSocket request (RFC 6455 §4.2.1); undefined if there is none. */
export function upgradeFault({ method, headers }: IncomingMessage): UpgradeRefusal | undefined {
  if (method !== 'GET') return { status: 405, text: 'A WebSocket is requested with GET.', headers: { Allow: 'GET' } }
  // Before version 24.9 Node reads a body as frames; since then the link begins after it.
  if (Number(headers['content-length'] ?? 0) > 0 || headers['transfer-encoding'] !== undefined) {
    return bad('A request for a WebSocket has no body.')
  }
  if (headers.upgrade?.toLowerCase() !== 'websocket') return bad('Only upgrades to websocket are possible here.')
  const version = headers['sec-websocket-version']
  if (version !== '13' && version !== '8') {
    return { ...bad('The version of the WebSocket must be 13.'), headers: { 'Sec-WebSocket-Version': '13, 8' } }
  }
  // 16 bytes in base64.
  const isKey = /^[+/0-9A-Za-z]{22}==$/.test(headers['sec-websocket-key'] ?? '')
  return isKey ? undefined : bad('The Sec-WebSocket-Key is missing or no key.')
}

function bad(text: string): UpgradeRefusal {
  return { status: 400, text }
}
