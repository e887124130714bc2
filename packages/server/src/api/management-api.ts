import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '@ls/batching'
import type { Logger } from '@ls/mux'
import { AuthThrottle } from '../auth-throttle.js'
import { ServerError } from '../errors.js'
import { plainAddress } from '../remote-address.js'
import { type Answer, ApiRefusal, failure, send } from './answer.js'
import type { ApiHandler } from './api-call.js'
import { apiKeyCheck } from './api-key.js'
import type { ManagedServer } from './managed-server.js'
import { readBody } from './read-body.js'
import { findRoute, type Route, type RouteMatch } from './routes.js'

export interface ManagementApiOptions {
  readonly server: ManagedServer
  readonly apiKey: string
  readonly clock: Clock
  readonly logger: Logger
}

/** The HTTP API that deployed LinkSocks servers have, and what we add; docs/guide/api.md describes it. */
export class ManagementApi {
  readonly #options: ManagementApiOptions
  readonly #isKey: (header: string | string[] | undefined) => boolean
  /** One of its own: a client's valid token must not clear what its address did to guess the key. */
  readonly #throttle: AuthThrottle

  constructor(options: ManagementApiOptions) {
    this.#options = options
    this.#isKey = apiKeyCheck(options.apiKey)
    this.#throttle = new AuthThrottle({ clock: options.clock })
  }

  /** Answers a request, at once or later. `path` comes without the query. Never throws. */
  answer(request: IncomingMessage, response: ServerResponse, path: string): void {
    this.#serve(request, path)
      .catch((error: unknown) => this.#answerError(error))
      .then((answer) => send(response, answer))
      .catch((error: unknown) => this.#options.logger.error({ err: error }, 'management API: an answer was not sent'))
  }

  close(): void {
    this.#throttle.close()
  }

  async #serve(request: IncomingMessage, path: string): Promise<Answer> {
    const match = findRoute(path)
    if (match?.route.isPublic !== true) await this.#authorize(request)
    if (match === undefined) return failure(404, 'no such endpoint; GET /api/openapi.json lists them')
    const { method = '' } = request
    if (method === 'OPTIONS') return { status: 204, headers: allow(match.route) }
    const handler = handlerOf(match.route, method)
    if (handler === undefined) return failure(405, `method ${method} is not allowed here`, allow(match.route))
    return handler(this.#callOf(request, match))
  }

  /** @throws ApiRefusal 401, the later the more often this address had a wrong key */
  async #authorize(request: IncomingMessage): Promise<void> {
    const address = plainAddress(request.socket.remoteAddress)
    if (this.#isKey(request.headers['x-api-key'])) return this.#throttle.succeeded(address)
    this.#options.logger.debug({ remoteAddress: address }, 'management API: missing or wrong key')
    await new Promise<void>((resolve) => this.#throttle.failed(address, resolve))
    // RFC 9110 §15.5.2 asks for the header; the text is to the letter what deployed servers say.
    throw new ApiRefusal(401, 'invalid API key', { 'www-authenticate': 'X-API-Key' })
  }

  #callOf(request: IncomingMessage, { parameter }: RouteMatch) {
    const { server, clock, logger } = this.#options
    const remoteAddress = plainAddress(request.socket.remoteAddress)
    return {
      server,
      parameter,
      clock,
      logger: logger.child({ remoteAddress }),
      readBody: () => readBody(request, clock),
    }
  }

  #answerError(error: unknown): Answer {
    if (error instanceof ApiRefusal) return failure(error.status, error.message, error.headers)
    if (error instanceof ServerError) return failure(200, error.message)
    this.#options.logger.error({ err: error }, 'management API: a request failed')
    return failure(500, 'internal error; the log of the server says more')
  }
}

/** HEAD is GET whose body Node leaves out (RFC 9110 §9.3.2). */
function handlerOf({ methods }: Route, method: string): ApiHandler | undefined {
  const name = method === 'HEAD' ? 'GET' : method
  return Object.hasOwn(methods, name) ? methods[name] : undefined
}

function allow({ methods }: Route): { allow: string } {
  const names = Object.keys(methods).flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name]))
  return { allow: [...names, 'OPTIONS'].join(', ') }
}
