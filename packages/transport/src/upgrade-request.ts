import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'

/** What a client asked for, before its WebSocket is opened. */
export interface UpgradeRequest {
  /** Without the query, percent-encoded as it came. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingHttpHeaders
  /** Address of the connection: a reverse proxy's, where there is one. */
  readonly remoteAddress: string | undefined
  readonly remotePort: number | undefined
}

/** Reads the head of a request; any target will do, since it need not be a URL. */
export function readUpgradeRequest(request: IncomingMessage): UpgradeRequest {
  const target = request.url ?? '/'
  const mark = target.indexOf('?')
  return {
    path: mark < 0 ? target : target.slice(0, mark),
    query: new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1)),
    headers: request.headers,
    remoteAddress: request.socket.remoteAddress,
    remotePort: request.socket.remotePort,
  }
}
