import type { IncomingMessage, ServerResponse } from 'node:http'
import { closeStream } from '@ls/dial'
import { send, isDashboardPath } from '@ls/observe/http'
import type { ManagementApi } from '../api/management-api.js'
import { isApiPath } from '../api/routes.js'
import { version } from '../version.js'

export interface PlainHttp {
  /** The management API; if undefined, its paths do not exist. */
  readonly api: ManagementApi | undefined
  /** Whether the request is for a host name of this server. */
  readonly isOurHost: boolean
  readonly socketPaths: readonly string[]
  /** State of a relay, as far as strangers may see it; undefined where the server is no relay. */
  readonly health: (() => object | undefined) | undefined
}

/** Answers plain HTTP requests on the WebSocket port. */
export function answerHttp(
  request: IncomingMessage,
  response: ServerResponse,
  remoteAddress: string,
  { api, isOurHost, socketPaths, health }: PlainHttp,
): void {
  const path = pathOf(request)
  if (api === undefined && path === '/api/health' && health !== undefined)
    return answerHealth(request, response, health())
  if (api !== undefined && isApiPath(path)) return api.answer(request, response, { path, remoteAddress })
  const page = isOurHost && isDashboardPath(path) ? api?.page : undefined
  if (page !== undefined) return page.answer(request, response, path)
  if (socketPaths.includes(path)) return answerSocketPath(response)
  if (path !== '/') return answerText(response, 404, '404 page not found\n')
  if (request.method === 'GET' || request.method === 'HEAD')
    return answerText(response, 200, greeting(api !== undefined))
  response.setHeader('allow', 'GET, HEAD')
  answerText(response, request.method === 'OPTIONS' ? 204 : 405, '')
}

export function pathOf({ url = '/' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? '/'
}

/** Answers the one endpoint of a relay that needs no API. */
function answerHealth({ method }: IncomingMessage, response: ServerResponse, body: object | undefined): void {
  const headers = { 'access-control-allow-origin': '*' }
  if (method === 'GET' || method === 'HEAD') return send(response, { status: 200, body, headers })
  response.setHeader('allow', 'GET, HEAD')
  answerText(response, 405, '')
}

/** Answers with a line of plain text, or with nothing. */
export function answerText(response: ServerResponse, status: number, text: string): void {
  if (text !== '') {
    response.setHeader('content-type', 'text/plain; charset=utf-8')
    response.setHeader('content-length', Buffer.byteLength(text))
  }
  response.writeHead(status)
  response.end(text)
}

/** Cuts an answer so that it cannot look complete: only the end of the connection may delimit it. */
export function cutResponse({ socket }: ServerResponse): void {
  if (socket !== null) closeStream(socket)
}

function greeting(withApi: boolean): string {
  const api = withApi ? ' API endpoints available at /api/*' : ''
  return `LinkSocks v${version} is running.${api}\n`
}

/** Answers plain requests to the path of links, with status and header of the deployed Go server. */
function answerSocketPath(response: ServerResponse): void {
  response.setHeader('sec-websocket-version', '13')
  answerText(
    response,
    400,
    'Bad Request: a WebSocket upgrade was expected; a proxy in between may drop the Upgrade header\n',
  )
}
