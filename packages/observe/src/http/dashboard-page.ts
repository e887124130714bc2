import type { IncomingMessage, ServerResponse } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { asError, type Clock, type Logger } from '@ls/foundation'

/** A file of the dashboard. */
export interface DashboardFile {
  /** Its Content-Type. */
  readonly type: string
  /** Its ETag, in quotes (RFC 9110 §8.8.3). */
  readonly etag: string
  /** Its content, compressed with gzip. */
  readonly gzip: Uint8Array
}

/** Loads the files of the dashboard by name; the page itself is `index.html`. */
export type LoadDashboard = () => Promise<ReadonlyMap<string, DashboardFile>>

const dashboardPath = '/dashboard/'

/** Whether a path belongs to the dashboard. */
export function isDashboardPath(path: string): boolean {
  return path === '/dashboard' || path.startsWith(dashboardPath)
}

/**
 * Time to read a file, in milliseconds; slower readers are cut: strangers may read, and the number of connections is
 * limited.
 */
export const readTimeoutMs = 60_000

/** Options of a {@link DashboardPage}. */
export interface DashboardPageOptions {
  /** Loads the files. */
  readonly load: LoadDashboard
  /** Clock of the program. */
  readonly clock: Clock
  /** Receives failures. */
  readonly logger: Logger
}

/** Serves the files of the dashboard over HTTP. They contain no secrets: the data on the page comes from the API. */
export class DashboardPage {
  readonly #options: DashboardPageOptions
  /** Uncompressed files for clients without gzip, one copy for all: any client may ask, and read slowly. */
  readonly #unpacked = new WeakMap<DashboardFile, Uint8Array>()
  #files: ReturnType<LoadDashboard> | undefined

  constructor(options: DashboardPageOptions) {
    this.#options = options
  }

  /** Answers a request for a path of the dashboard. Never throws. */
  answer(request: IncomingMessage, response: ServerResponse, path: string): void {
    const { clock, logger } = this.#options
    const deadline = clock.setTimeout(() => response.destroy(), readTimeoutMs)
    response.once('close', () => clock.clearTimeout(deadline))
    this.#answer(request, response, path).catch((error: unknown) => {
      logger.error({ err: asError(error) }, 'dashboard: a file was not sent')
      if (!response.headersSent) response.writeHead(500)
      response.end()
    })
  }

  async #answer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const { method = 'GET', headers } = request
    if (method !== 'GET' && method !== 'HEAD') return end(response, 405, { allow: 'GET, HEAD' })
    // Relative, so that it also works below a path of a reverse proxy.
    if (!path.startsWith(dashboardPath)) return end(response, 308, { location: dashboardPath.slice(1) })
    const file = (await this.#loaded()).get(path.slice(dashboardPath.length) || 'index.html')
    if (file === undefined) return end(response, 404, {})
    const { type, etag, gzip } = file
    const shared = { ...pageHeaders, etag }
    if (headers['if-none-match'] === etag) return end(response, 304, shared)
    const isPacked = takesGzip(headers['accept-encoding']?.toString() ?? '')
    const body = isPacked ? gzip : this.#unpack(file)
    const encoding = isPacked ? { 'content-encoding': 'gzip' } : {}
    end(response, 200, { ...shared, 'content-type': type, ...encoding, 'content-length': String(body.length) }, body)
  }

  /** Loads the files. A failure is not cached: the next call tries again. */
  #loaded(): ReturnType<LoadDashboard> {
    this.#files ??= this.#options.load().catch((error: unknown) => {
      this.#files = undefined
      throw error
    })
    return this.#files
  }

  #unpack(file: DashboardFile): Uint8Array {
    const known = this.#unpacked.get(file)
    if (known !== undefined) return known
    const unpacked = gunzipSync(file.gzip)
    this.#unpacked.set(file, unpacked)
    return unpacked
  }
}

/** Whether gzip is accepted. A weight of 0 means not at all (RFC 9110 §12.5.3). */
function takesGzip(accepted: string): boolean {
  return accepted.split(',').some((each) => /^\s*gzip\s*(?:;\s*q=(?!0(?:\.0*)?\s*$).*)?$/i.test(each))
}

/**
 * The page runs its own scripts and styles, connects to its own server, and is in no frame. No text in it can become
 * HTML, so names that peers choose stay text.
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
