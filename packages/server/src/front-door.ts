import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import {
  type ClientAddress,
  parseAuthQuery,
  type TakeUpgrade,
  type UpgradeRefusal,
  type UpgradeRequest,
} from '@ls/transport'
import type { ManagementApi } from './api/management-api.js'
import { isApiPath } from './api/routes.js'
import { AuthThrottle } from './auth-throttle.js'
import { earlyTokenHash } from './early-auth.js'
import type { Fallback } from './fallback/fallback.js'
import { answerHttp, defaultSocketPaths, pathOf } from './http.js'
import type { ResolvedServerOptions } from './options.js'
import { plainAddress } from './remote-address.js'

export interface FrontDoorOptions {
  readonly server: ResolvedServerOptions
  readonly api: ManagementApi | undefined
  readonly fallback: Fallback | undefined
  /** Whether a token with this hash would be let in. */
  isKnownToken(hash: string): boolean
  /** A client was sent away since its token is not known. */
  onRefused(remoteAddress: string, reason: string): void
}

/**
 * Decides who on the WebSocket port gets a WebSocket, who the API, and who is shown what. With a fallback, those who are none
 * of ours see that and nothing else: a wrong path, a wrong host, a wrong token and a wrong API key all look alike.
 */
export class FrontDoor {
  readonly #options: FrontDoorOptions
  readonly #throttle: AuthThrottle
  /** Upgrades of strangers that wait for their answer. */
  readonly #waiting = new Set<Duplex>()

  constructor(options: FrontDoorOptions) {
    this.#options = options
    this.#throttle = new AuthThrottle({ clock: options.server.clock })
  }

  /** Undefined lets the client in. */
  authorize(request: UpgradeRequest): UpgradeRefusal | TakeUpgrade | undefined {
    const { fallback } = this.#options
    const isOurs = this.#options.server.socketPaths.includes(request.path) && this.#isOurHost(request.headers.host)
    if (fallback === undefined) return isOurs ? undefined : { status: 404, text: '404 page not found' }
    const standing = isOurs ? this.#standingOf(request) : 'stranger'
    if (standing === 'client') return undefined
    const client = clientOf(request)
    if (standing === 'stranger') return (incoming, stream, head) => fallback.upgrade(incoming, stream, head, client)
    return (incoming, stream, head) => this.#sendAway(fallback, client, incoming, stream, head)
  }

  answer(request: IncomingMessage, response: ServerResponse, client: ClientAddress): void {
    const { api, fallback, server } = this.#options
    const remoteAddress = plainAddress(client.address)
    if (fallback === undefined) {
      return answerHttp(request, response, remoteAddress, { api, socketPaths: server.socketPaths })
    }
    const answerStranger = (): void => fallback.answer(request, response, client)
    const path = pathOf(request)
    if (api === undefined || !isApiPath(path) || request.headers['x-api-key'] === undefined) return answerStranger()
    api.answer(request, response, { path, remoteAddress, answerStranger })
  }

  close(): void {
    this.#throttle.close()
    for (const stream of this.#waiting) stream.destroy()
    this.#options.fallback?.close()
  }

  /** RFC 9110 §7.2: a name, with or without a port. */
  #isOurHost(host = ''): boolean {
    const { hostNames } = this.#options.server
    return hostNames.length === 0 || hostNames.includes(host.toLowerCase().replace(/\.?(?::\d*)?$/, ''))
  }

  /**
   * Everyone knows the default path: there, only a known token counts. A path of one's own is a secret itself, so it will do
   * for clients that authenticate by message, which cannot show their token before, unless as early data.
   */
  #standingOf({ path, query, headers }: UpgradeRequest): 'client' | 'stranger' | 'impostor' {
    const { tokenHash = earlyTokenHash(headers), malformedToken } = parseAuthQuery(query)
    if (malformedToken) return 'impostor'
    if (tokenHash !== undefined) return this.#options.isKnownToken(tokenHash) ? 'client' : 'impostor'
    return defaultSocketPaths.includes(path) ? 'stranger' : 'client'
  }

  /** An unknown token: the answer comes the later the more often its address had one, for nobody is to guess all night. */
  #sendAway(fallback: Fallback, client: ClientAddress, request: IncomingMessage, stream: Duplex, head: Buffer): void {
    const address = plainAddress(client.address)
    this.#options.onRefused(address, 'invalid token')
    this.#waiting.add(stream)
    stream.once('close', () => this.#waiting.delete(stream))
    stream.on('error', () => stream.destroy())
    this.#throttle.failed(address, () => {
      this.#waiting.delete(stream)
      if (!stream.destroyed) fallback.upgrade(request, stream, head, client)
    })
  }
}

function clientOf({ remoteAddress: address, remotePort: port }: UpgradeRequest): ClientAddress {
  return { address, port }
}
