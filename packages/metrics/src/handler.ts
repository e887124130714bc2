import type { IncomingMessage, ServerResponse } from 'node:http'
import { isIP } from 'node:net'
import { isLocalhost, type Logger, silentLogger, type Snapshot, textOf } from '@ls/foundation'
import { ExpositionWriter } from './exposition.js'

/** Options of {@link metricsHandler}. */
export interface MetricsHandlerOptions {
  /** Returns the numbers: `() => server.snapshot()`. */
  readonly snapshot: () => Snapshot
  /**
   * Whether to answer only requests whose Host is an address or `localhost`. For listeners on loopback: otherwise a web
   * page could read the numbers through a host name that resolves to this machine. @default false
   */
  readonly localOnly?: boolean | undefined
  /** Receives the log. @default silent */
  readonly logger?: Logger | undefined
}

/** Serves one request of Node's HTTP server. Never throws. */
export type MetricsHandler = (request: IncomingMessage, response: ServerResponse) => void

/**
 * Answers `GET /metrics` (Prometheus text or OpenMetrics), `/healthz` (200 while the process runs), `/readyz` (200, or
 * 503 with reasons) and `/status` (the snapshot as JSON).
 *
 * @example
 * createServer(metricsHandler({ snapshot: () => server.snapshot() })).listen(9090, '127.0.0.1')
 */
export function metricsHandler({
  snapshot,
  localOnly = false,
  logger = silentLogger,
}: MetricsHandlerOptions): MetricsHandler {
  const expositor = new ExpositionWriter(snapshot)
  const pages: Readonly<Record<string, (accept: string | undefined) => Answer | Promise<Answer>>> = {
    '/metrics': async (accept) => ({ status: 200, ...(await expositor.write(accept)) }),
    '/healthz': () => ({ status: 200, contentType: plainText, body: 'ok\n' }),
    '/readyz': () => {
      const { readiness } = snapshot()
      return json(readiness.ready ? 200 : 503, readiness)
    },
    '/status': () => json(200, snapshot()),
  }
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const { method = '', headers, url = '/' } = request
    if (headers.origin !== undefined || (localOnly && !isLocal(headers.host)))
      return refusal(403, 'web pages and foreign names get no answer here; ask by address')
    const path = url.split('?', 1)[0] ?? '/'
    const page = Object.hasOwn(pages, path) ? pages[path] : undefined
    if (page === undefined) return refusal(404, `no such page; there are ${Object.keys(pages).join(', ')}`)
    return method === 'GET' || method === 'HEAD' ? page(headers.accept) : refusal(405, 'only GET is allowed here')
  }
  return (request, response) => {
    answer(request)
      .catch((error: unknown) => {
        logger.error({ err: error }, `metrics: ${textOf(error)}`)
        return refusal(500, 'internal error; the log says more')
      })
      .then((ready) => send(response, ready))
      .catch((error: unknown) => logger.error({ err: error }, 'metrics: an answer was not sent'))
  }
}

interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
}

const plainText = 'text/plain; charset=utf-8'

function json(status: number, body: object): Answer {
  return { status, contentType: 'application/json', body: `${JSON.stringify(body)}\n` }
}

function refusal(status: number, text: string): Answer {
  return { status, contentType: plainText, body: `${text}\n` }
}

/** Whether a Host is local (RFC 9110 §7.2): a name or an address, with or without a port. HTTP/1.0 needs none. */
function isLocal(host: string | undefined): boolean {
  if (host === undefined) return true
  const name = host
    .toLowerCase()
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
  return isIP(name) !== 0 || isLocalhost(name)
}

function send(response: ServerResponse, { status, contentType, body }: Answer): void {
  if (response.destroyed) return
  const allow = status === 405 ? { allow: 'GET, HEAD' } : {}
  response.writeHead(status, { ...allow, 'content-type': contentType, 'cache-control': 'no-store' })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}
