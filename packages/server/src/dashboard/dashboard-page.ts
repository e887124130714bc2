import type { IncomingMessage, ServerResponse } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { asError, type Logger } from '@ls/foundation'

/** A file of the dashboard. */
export interface DashboardFile {
  /** Its Content-Type. */
  readonly type: string
  /** Its ETag, in quotes (RFC 9110 §8.8.3). */
  readonly etag: string
  /** Its content, packed by gzip. */
  readonly gzip: Uint8Array
}

/** Loads the files of the dashboard by name; the page itself is `index.html`. */
export type LoadDashboard = () => Promise<ReadonlyMap<string, DashboardFile>>

const dashboardPath = '/dashboard/'

/** Whether a path belongs to the dashboard. */
export function isDashboardPath(path: string): boolean {
  return path === '/dashboard' || path.startsWith(dashboardPath)
}

/** The files of the dashboard over HTTP. They hold no secrets: what the page shows comes from the API. */
export class DashboardPage {
  readonly #load: LoadDashboard
  readonly #logger: Logger
  #files: ReturnType<LoadDashboard> | undefined

  constructor(load: LoadDashboard, logger: Logger) {
    this.#load = load
    this.#logger = logger
  }

  /** Answers a request for a path of the dashboard. Never throws. */
  answer(request: IncomingMessage, response: ServerResponse, path: string): void {
    this.#answer(request, response, path).catch((error: unknown) => {
      this.#logger.error({ err: asError(error) }, 'dashboard: a file was not sent')
      if (!response.headersSent) response.writeHead(500)
      response.end()
    })
  }

  async #answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const { method = 'GET', headers } = request
    if (method !== 'GET' && method !== 'HEAD') return end(response, 405, { allow: 'GET, HEAD' })
    // Relative, so that it holds below a path of a reverse proxy too.
    if (!path.startsWith(dashboardPath)) return end(response, 308, { location: dashboardPath.slice(1) })
    this.#files ??= this.#load()
    const file = (await this.#files).get(path.slice(dashboardPath.length) || 'index.html')
    if (file === undefined) return end(response, 404, {})
    const { type, etag, gzip } = file
    const shared = { ...pageHeaders, etag }
    if (headers['if-none-match'] === etag) return end(response, 304, shared)
    const isPacked = /\bgzip\b/.test(headers['accept-encoding']?.toString() ?? '')
    const body = isPacked ? gzip : gunzipSync(gzip)
    const encoding = isPacked ? { 'content-encoding': 'gzip' } : {}
    end(response, 200, { ...shared, 'content-type': type, ...encoding, 'content-length': String(body.length) }, body)
  }
}

/**
 * The page runs its own scripts and styles, talks to its own server, and is in no frame. Nothing in it can become HTML from
 * text, so names that peers choose stay text.
 */
const pageHeaders = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-cache',
  vary: 'accept-encoding',
}

function end(response: ServerResponse, status: number, headers: Record<string, string>, body?: Uint8Array): void {
  response.writeHead(status, headers)
  response.end(body)
}
