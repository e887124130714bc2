import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ManagementApi } from './api/management-api.js'
import { isApiPath } from './api/routes.js'
import { version } from './version.js'

/** Answers plain HTTP requests on the WebSocket port; without an `api` its paths do not exist. */
export function answerHttp(request: IncomingMessage, response: ServerResponse, api: ManagementApi | undefined): void {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
  if (api !== undefined && isApiPath(path)) return api.answer(request, response, path)
  if (isSocketPath(path)) return answerSocketPath(response)
  if (path !== '/') return answer(response, 404, '404 page not found\n')
  if (request.method === 'GET' || request.method === 'HEAD') return answer(response, 200, greeting(api !== undefined))
  response.setHeader('allow', 'GET, HEAD')
  answer(response, request.method === 'OPTIONS' ? 204 : 405, '')
}

/** `/socket` and `/socket/` (protocol.md §1). */
export function isSocketPath(path: string): boolean {
  return path === '/socket' || path === '/socket/'
}

function greeting(withApi: boolean): string {
  const api = withApi ? ' API endpoints available at /api/*' : ''
  return `LinkSocks v${version} is running.${api}\n`
}

/** Status and header are those of the deployed Go server. */
function answerSocketPath(response: ServerResponse): void {
  response.setHeader('sec-websocket-version', '13')
  answer(
    response,
    400,
    'Bad Request: a WebSocket upgrade was expected; a proxy in between may drop the Upgrade header\n',
  )
}

function answer(response: ServerResponse, status: number, text: string): void {
  if (text !== '') {
    response.setHeader('content-type', 'text/plain; charset=utf-8')
    response.setHeader('content-length', Buffer.byteLength(text))
  }
  response.writeHead(status)
  response.end(text)
}
