import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Clock, type Logger, loggerOfPart } from '@ls/foundation'
import {
  type DashboardPage,
  isFromOwnPage,
  type Answer,
  ApiRefusal,
  failure,
  send,
  apiKeyCheck,
} from '@ls/observe/http'
import type { AllowedOrigins } from '@ls/transport'
import type { Dashboard } from '../dashboard/dashboard.js'
import { ServerError } from '../errors.js'
import { type AuthThrottle, retryAfter } from '../links/auth-throttle.js'
import { corsHeaders, preflightHeaders } from '../port/cors.js'
import { answerTogether } from '../siblings/answer-together.js'
import type { SharedEvents } from '../siblings/shared-events.js'
import type { Siblings } from '../siblings/siblings.js'
import { AnswersUnderWay } from './answers-under-way.js'
import type { ApiCall, ApiHandler, DashboardCall, ManagedServer } from './api-call.js'
import { readBody } from './read-body.js'
import { findRoute, type Route, type RouteMatch } from './routes.js'
import type { WriteMetrics } from './write-metrics.js'

export interface ManagementApiOptions {
  readonly server: ManagedServer
  /** Key that callers must send; undefined where only the owner of the process may call. */
  readonly apiKey: string | undefined
  readonly writeMetrics: WriteMetrics | undefined
  readonly dashboard: Dashboard | undefined
  /** Other processes of the same server. */
  readonly siblings: Siblings | undefined
  /** Their events, and those of this one; undefined without others. */
  readonly sharedEvents: SharedEvents | undefined
  readonly setLogLevel: ApiCall['setLogLevel']
  readonly requestRestart: ApiCall['requestRestart']
  readonly throttle: AuthThrottle
  /** Origins of web pages that may call the API. */
  readonly allowOrigins: AllowedOrigins
  /** Called when an address has sent a wrong key. */
  readonly onWrongKey: (remoteAddress: string) => void
  readonly clock: Clock
  readonly logger: Logger
}

/** One request to the API. */
export interface ApiRequest {
  /** Path without the query. */
  readonly path: string
  readonly remoteAddress: string
  /** Whether the caller is the owner of the process, on a UNIX socket: needs no key. @default false */
  readonly isOwner?: true | undefined
  /** Whether another process of the server asks for the part of this one. @default false */
  readonly isAlone?: boolean | undefined
  /** Answers callers without a valid key in place of the API. The API and its public part are then hidden. */
  readonly answerStranger?: (() => void) | undefined
}

/** The HTTP API of deployed LinkSocks servers, with our additions; docs/guide/api.md describes it. */
export class ManagementApi {
  readonly #options: ManagementApiOptions
  readonly #isKey: (header: string | string[] | undefined) => boolean
  readonly underWay: AnswersUnderWay

  constructor(options: ManagementApiOptions) {
    this.#options = options
    this.underWay = new AnswersUnderWay(options.clock)
    const { apiKey } = options
    this.#isKey = apiKey === undefined ? () => false : apiKeyCheck(apiKey)
  }

  /** The dashboard page that uses the API; undefined without one. */
  get page(): DashboardPage | undefined {
    return this.#options.dashboard?.page
  }

  /** Answers a request, immediately or later. Never throws. */
  answer(request: IncomingMessage, response: ServerResponse, call: ApiRequest): void {
    const { answerStranger, remoteAddress } = call
    if (answerStranger === undefined) this.#allowPage(request, response, call.path)
    this.underWay.add(response)
    this.#serve(request, call)
      .catch((error: unknown) => {
        if (answerStranger !== undefined && error instanceof StrangerRefusal) return undefined
        const answer = this.#answerError(error)
        if (!(error instanceof Throttled)) return answer
        this.underWay.remove(response)
        const late = { answer: () => send(response, answer), cut: () => response.destroy() }
        this.#options.throttle.refusals.add(remoteAddress, late)
        return undefined
      })
      .then((answer) => {
        if (answer === undefined || answer.stream !== undefined) this.underWay.remove(response)
        if (answer === undefined) answerStranger?.()
        else send(response, answer)
      })
      .catch((error: unknown) => this.#options.logger.error({ err: error }, 'management API: an answer was not sent'))
  }

  /** Allows a page of another origin to read the answer, if its origin is allowed. */
  #allowPage({ headers }: IncomingMessage, response: ServerResponse, path: string): void {
    const { allowOrigins } = this.#options
    const cors = corsHeaders({ headers, route: routeOf(path), allowOrigins })
    for (const [name, value] of Object.entries(cors)) response.setHeader(name, value)
  }

  async #serve(request: IncomingMessage, call: ApiRequest): Promise<Answer> {
    const match = findRoute(call.path)
    const { method = '' } = request
    const asked = method === 'OPTIONS' && match !== undefined ? this.#preflight(request, call, match.route) : undefined
    if (asked !== undefined) return asked
    const isPublic = match?.route.isPublic === true && call.answerStranger === undefined
    if (!isPublic && call.isOwner !== true) this.#authorize(request, call)
    if (match === undefined) return failure(404, 'no such endpoint; GET /api/openapi.json lists them')
    if (method === 'OPTIONS') return { status: 204, headers: allow(match.route) }
    const handler = handlerOf(match.route, method)
    if (handler === undefined) return failure(405, `method ${method} is not allowed here`, allow(match.route))
    const { siblings, sharedEvents: events } = this.#options
    const own = this.#callOf(request, call, match)
    if (siblings === undefined || events === undefined || call.isAlone === true) return handler(own)
    const { path } = call
    const shared = { siblings, events, path, handler, call: own }
    return answerTogether({ ...shared, method: nameOf(method), route: match.route.path })
  }

  /** Answers a browser's preflight request, which has no key; undefined if it is none, or if the page may not call. */
  #preflight({ headers }: IncomingMessage, { answerStranger }: ApiRequest, route: Route): Answer | undefined {
    const { allowOrigins } = this.#options
    const { allow: methods } = allow(route)
    const answer = preflightHeaders({ headers, route, allowOrigins }, methods)
    return answer === undefined || answerStranger !== undefined ? undefined : { status: 204, headers: answer }
  }

  /**
   * Checks the caller.
   *
   * @throws StrangerRefusal 403 for a web page, 429 for an address that has guessed too often, 401 without the key
   */
  #authorize(request: IncomingMessage, { remoteAddress: address }: ApiRequest): void {
    const { throttle, allowOrigins, onWrongKey, dashboard } = this.#options
    const isOwnPage = dashboard !== undefined && isFromOwnPage(request)
    if (isOwnPage && dashboard.sessions.find(request) !== undefined) return
    const { origin, 'x-api-key': key } = request.headers
    if (!isOwnPage && !allowOrigins.has(origin)) throw new StrangerRefusal(403, allowOrigins.refusal(origin))
    if (key === undefined) throw wrongKey()
    const waitMs = throttle.waitMs(address)
    if (waitMs > 0) throw new Throttled(waitMs)
    if (this.#isKey(key)) return
    throttle.failed(address)
    onWrongKey(address)
    throw wrongKey()
  }

  #callOf(request: IncomingMessage, { remoteAddress, isAlone = false }: ApiRequest, { parameter }: RouteMatch) {
    const { server, clock, logger, writeMetrics, setLogLevel, requestRestart } = this.#options
    return {
      server,
      writeMetrics,
      dashboard: this.#dashboardCall(request),
      setLogLevel,
      requestRestart,
      accept: request.headers.accept,
      cookie: request.headers.cookie,
      isAlone,
      query: new URLSearchParams(request.url?.split('?', 2)[1]),
      lastEventId: lastEventIdOf(request),
      parameter,
      clock,
      logger: loggerOfPart(logger, 'api').child({ remoteAddress }),
      readBody: () => readBody(request, clock),
    }
  }

  #dashboardCall(request: IncomingMessage): DashboardCall | undefined {
    const { dashboard } = this.#options
    if (dashboard === undefined) return undefined
    const { sessions } = dashboard
    const { origin } = request.headers
    // The browser's scheme counts: a reverse proxy may have ended its TLS.
    const overTls = origin === undefined ? 'encrypted' in request.socket : origin.startsWith('https:')
    return { sessions, session: sessions.find(request), overTls }
  }

  #answerError(error: unknown): Answer {
    if (error instanceof ApiRefusal) return failure(error.status, error.message, error.headers)
    if (error instanceof ServerError) return failure(error.code === 'ERR_SERVER_STATE' ? 500 : 200, error.message)
    this.#options.logger.error({ err: error }, 'management API: a request failed')
    return failure(500, 'internal error; the log of the server says more')
  }
}

/** A caller who may not use the API, and must not see it if there is a fallback. */
class StrangerRefusal extends ApiRefusal {}

/** Refuses a caller whose address has guessed too often. Its next guess costs it a connection. */
class Throttled extends StrangerRefusal {
  constructor(waitMs: number) {
    const headers = { ...retryAfter(waitMs), connection: 'close' }
    super(429, 'too many wrong keys or tokens from this address', headers)
  }
}

/** Finds the route of a path; undefined for a path outside the API, and for one that cannot be decoded. */
function routeOf(path: string): Route | undefined {
  try {
    return findRoute(path)?.route
  } catch {
    return undefined
  }
}

function lastEventIdOf({ headers }: IncomingMessage): string | undefined {
  const id = headers['last-event-id']
  return typeof id === 'string' ? id : undefined
}

/** RFC 9110 §15.5.2 requires the header; the text is exactly that of deployed servers. */
function wrongKey(): StrangerRefusal {
  return new StrangerRefusal(401, 'invalid API key', { 'www-authenticate': 'X-API-Key' })
}

/** Handler for a method. HEAD is GET whose body Node leaves out (RFC 9110 §9.3.2). */
function handlerOf({ methods }: Route, method: string): ApiHandler | undefined {
  const name = nameOf(method)
  return Object.hasOwn(methods, name) ? methods[name] : undefined
}

function nameOf(method: string): string {
  return method === 'HEAD' ? 'GET' : method
}

function allow({ methods }: Route): { allow: string } {
  const names = Object.keys(methods).flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name]))
  return { allow: [...names, 'OPTIONS'].join(', ') }
}
