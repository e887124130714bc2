import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Clock, type Logger, type Snapshot, textOf } from '@ls/foundation'
import type { LiveView } from '../live-view.js'
import { type Answer, ApiRefusal, failure, RawBody, send } from './answer.js'
import { apiKeyCheck } from './api-key.js'
import { DashboardPage, isDashboardPath, type LoadDashboard } from './dashboard-page.js'
import { answerEvents, answerQuery } from './live-answers.js'
import { isFromOwnPage } from './own-page.js'
import { Sessions } from './sessions.js'

/** Program that can be observed, and whose connections can be closed. */
export interface WatchedProgram {
  /** Its lists and events. */
  readonly live: LiveView
  /** All numbers. */
  snapshot(): Snapshot
  /** A page of the traffic by destination. @throws RangeError for an invalid query */
  destinations(query: URLSearchParams): object
  /** Closes a connection; false if there is none with this id. */
  closeChannel(id: string): boolean
}

/** Options of a {@link WatchApi}. */
export interface WatchApiOptions {
  /** Program to observe. */
  readonly program: WatchedProgram
  /** Key with which users sign in; it must be hard to guess. Undefined where only the owner of the process can call. */
  readonly apiKey: string | undefined
  /** Loads the files of the page. */
  readonly dashboard: LoadDashboard
  /** Writes all numbers for a scraper with this Accept header. */
  readonly writeMetrics: (
    accept: string | undefined,
  ) => Promise<{ readonly contentType: string; readonly body: string }>
  /** Clock of the program. */
  readonly clock: Clock
  /** Receives failures. */
  readonly logger: Logger
}

/** The part of a server's API that applies to a client, with the same paths and answers, and the dashboard. */
export class WatchApi {
  readonly #options: WatchApiOptions
  readonly #page: DashboardPage
  readonly #sessions: Sessions | undefined
  readonly #isKey: (header: string | string[] | undefined) => boolean

  /** @param options The program to observe, and the key. */
  constructor(options: WatchApiOptions) {
    const { apiKey, dashboard: load, clock, logger } = options
    this.#options = options
    this.#page = new DashboardPage({ load, clock, logger })
    this.#sessions = apiKey === undefined ? undefined : new Sessions({ apiKey })
    this.#isKey = apiKey === undefined ? () => false : apiKeyCheck(apiKey)
  }

  /** Answers a request. Never throws. */
  answer(request: IncomingMessage, response: ServerResponse): void {
    // Not every request target is a URL: `//` is none.
    const [path = '/', query] = (request.url ?? '/').split('?', 2)
    if (isDashboardPath(path)) return this.#page.answer(request, response, path)
    this.#serve(request, path, new URLSearchParams(query))
      .catch((error: unknown) => this.#answerError(error))
      .then((answer) => send(response, answer))
      .catch((error: unknown) => this.#options.logger.error({ err: error }, `an answer was not sent: ${textOf(error)}`))
  }

  async #serve(request: IncomingMessage, path: string, query: URLSearchParams): Promise<Answer> {
    this.#authorize(request)
    const { program } = this.#options
    const method = request.method === 'HEAD' ? 'GET' : request.method
    const [, id] = /^\/api\/connections\/([0-9a-f-]{36})$/i.exec(path) ?? []
    switch (`${method} ${id === undefined ? path : '/api/connections/{id}'}`) {
      case 'GET /api/links':
        return answerQuery(() => program.live.links(query))
      case 'GET /api/connections':
        return answerQuery(() => program.live.connections(query))
      case 'GET /api/destinations':
        return answerQuery(() => program.destinations(query))
      case 'DELETE /api/connections/{id}':
        return this.#cut(id ?? '')
      case 'GET /api/events':
        return this.#events(request, query)
      case 'GET /api/snapshot':
        return { status: 200, body: program.snapshot() }
      case 'GET /api/readyz':
        return readinessAnswer(program.snapshot())
      case 'GET /api/metrics':
        return metricsAnswer(await this.#options.writeMetrics(request.headers.accept))
      case 'GET /api/session':
      case 'POST /api/session':
      case 'DELETE /api/session':
        return this.#session(request)
      default:
        return failure(404, 'a client has no such endpoint; docs/guide/observe.md lists them')
    }
  }

  /** Checks the caller. @throws ApiRefusal 403 for a page of another origin, 401 without the key or a session */
  #authorize(request: IncomingMessage): void {
    const sessions = this.#sessions
    if (sessions === undefined) return
    const isOwnPage = isFromOwnPage(request)
    if (isOwnPage && sessions.find(request) !== undefined) return
    if (!isOwnPage && request.headers.origin !== undefined)
      throw new ApiRefusal(403, 'pages of other origins may not call this')
    if (!this.#isKey(request.headers['x-api-key']))
      throw new ApiRefusal(401, 'invalid API key', { 'www-authenticate': 'X-API-Key' })
  }

  #cut(id: string): Answer {
    const { program, logger } = this.#options
    if (!program.closeChannel(id)) throw new ApiRefusal(404, 'channel does not exist')
    logger.info({ channel: id }, 'a user cut a connection')
    return { status: 200, body: { success: true, id: id.toLowerCase() } }
  }

  #events(request: IncomingMessage, query: URLSearchParams): Answer {
    const { program, clock } = this.#options
    const session = this.#sessions?.find(request)
    const id = request.headers['last-event-id']
    return answerEvents(program.live, {
      query,
      lastEventId: typeof id === 'string' ? id : undefined,
      onStream: (body) => {
        if (session === undefined || this.#sessions === undefined) return
        const stop = this.#sessions.whenOver(session, clock, () => body.destroy())
        body.once('close', stop)
      },
    })
  }

  #session(request: IncomingMessage): Answer {
    const sessions = this.#sessions
    if (sessions === undefined) throw new ApiRefusal(404, 'the owner of the process needs no session')
    if (request.method === 'POST') {
      const { cookie, expiresAtMs } = sessions.open({ overTls: false })
      return { ...shownSession(expiresAtMs), headers: { 'set-cookie': cookie } }
    }
    const session = sessions.find(request)
    if (session === undefined) throw new ApiRefusal(404, 'there is no session: the key came with the request')
    if (request.method !== 'DELETE') return shownSession(session.expiresAtMs)
    return {
      status: 200,
      body: { success: true },
      headers: { 'set-cookie': sessions.end(session, { overTls: false }) },
    }
  }

  #answerError(error: unknown): Answer {
    if (error instanceof ApiRefusal) return failure(error.status, error.message, error.headers)
    this.#options.logger.error({ err: error }, `the dashboard's API: a request failed: ${textOf(error)}`)
    return failure(500, 'internal error; the log says more')
  }
}

/** Answer about the session of a page, the same in both programs. */
export function shownSession(expiresAtMs: number): Answer {
  return { status: 200, body: { success: true, expires_at: new Date(expiresAtMs).toISOString() } }
}

/** 503 with the reasons while the program is not ready. */
export function readinessAnswer({ readiness }: Snapshot): Answer {
  return { status: readiness.ready ? 200 : 503, body: readiness }
}

/** All numbers for a scraper. */
export function metricsAnswer({ contentType, body }: { readonly contentType: string; readonly body: string }): Answer {
  return { status: 200, body: new RawBody(body), headers: { 'content-type': contentType } }
}
