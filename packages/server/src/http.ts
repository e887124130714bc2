import type { IncomingMessage, ServerResponse } from 'node:http'
import type { LinkSocksServer } from './server.js'
import type { ResolvedServerOptions } from './options.js'
import { version } from './version.js'

/** Answers plain HTTP requests on the WebSocket port. */
export function answerHttp(
  request: IncomingMessage,
  response: ServerResponse,
  _server: LinkSocksServer,
  options: ResolvedServerOptions,
): void {
  const path = (request.url ?? '/').split('?', 1)[0]
  if (path === '/') return answer(response, 200, greeting(options.apiKey !== undefined))
  if (path === '/socket' || path === '/socket/') return answer(response, 400, 'a WebSocket upgrade was expected here\n')
  answer(response, 404, '404 page not found\n')
}

function greeting(withApi: boolean): string {
  const api = withApi ? ' API endpoints available at /api/*' : ''
  return `LinkSocks v${version} is running.${api}\n`
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'content-length': Buffer.byteLength(text) })
  response.end(text)
}
