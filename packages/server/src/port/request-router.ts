import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { decode, MessageType } from '@ls/codec'
import { plainAddress } from '@ls/relay'
import {
  type ClientAddress,
  hashToken,
  parseAuthQuery,
  readEarlyData,
  type TakeUpgrade,
  type UpgradeRefusal,
  type UpgradeRequest,
} from '@ls/transport'
import type { ManagementApi } from '../api/management-api.js'
import { isApiPath } from '../api/routes.js'
import type { Fallback } from '../fallback/fallback.js'
import { type AuthThrottle, retryAfter } from '../links/auth-throttle.js'
import { defaultSocketPaths, type ResolvedServerOptions } from '../options/resolve-options.js'
import type { PassedLinks } from '../session-owners/passed-links.js'
import { ownerIdOf } from '../session-owners/session-id.js'
import { wispToken } from '../wisp/wisp-path.js'
import { answerHttp, pathOf } from './http.js'
import { LinkOrigins } from './link-origins.js'

export interface RequestRouterOptions {
  readonly server: ResolvedServerOptions
  readonly api: ManagementApi | undefined
  readonly fallback: Fallback | undefined
  /** State of a relay, as far as strangers may see it; undefined where the server is no relay. */
  readonly health: (() => object | undefined) | undefined
  readonly throttle: AuthThrottle
  /** Whether the server takes no new links; links of existing sessions may come back. */
  isDraining(): boolean
  /** Whether this client process, hex, was asked to link to another node, and is refused now. */
  isAskedToLeave(instance: string): boolean
  /** Whether a token with this hash would be admitted. */
  isKnownToken(hash: string): boolean
  /** Receives links whose sessions other processes have. */
  readonly passed: PassedLinks
  /** Called when a client was refused because its token is unknown. */
  onRefused(remoteAddress: string, reason: string): void
}

/**
 * Decides which requests on the WebSocket port get a WebSocket, the API, or the fallback. With a fallback, all refused
 * requests see only that: a wrong path, host, token and API key look alike.
 */
export class RequestRouter {
  readonly #options: RequestRouterOptions
  readonly #origins: LinkOrigins

  constructor(options: RequestRouterOptions) {
    this.#options = options
    this.#origins = new LinkOrigins(options.server.allowOrigins)
  }

  /** Decides on a request for a WebSocket; undefined admits it. */
  authorize(request: UpgradeRequest): UpgradeRefusal | TakeUpgrade | undefined {
    const { fallback } = this.#options
    const isOurs = this.#isOurPath(request.path) && this.#isOurHost(request.headers.host)
    const foreign = this.#origins.refusalOf(request)
    if (fallback === undefined) {
      if (!isOurs) return { status: 404, text: '404 page not found' }
      if (foreign !== undefined) return { status: 403, text: foreign }
      return this.#throttled(request) ?? this.#elsewhere(request) ?? this.#leaving(request)
    }
    const standing = isOurs && foreign === undefined ? this.#standingOf(request) : 'stranger'
    if (standing === 'client') return this.#elsewhere(request) ?? this.#leaving(request)
    const client = clientOf(request)
    if (standing === 'impostor') this.#options.onRefused(plainAddress(client.address), 'invalid token')
    return (incoming, stream, head) => fallback.upgrade(incoming, stream, head, client)
  }

  answer(request: IncomingMessage, response: ServerResponse, client: ClientAddress): void {
    const { api, fallback, server, health } = this.#options
    const remoteAddress = plainAddress(client.address)
    if (fallback === undefined) {
      const isOurHost = this.#isOurHost(request.headers.host)
      return answerHttp(request, response, remoteAddress, { api, isOurHost, socketPaths: server.socketPaths, health })
    }
    const answerStranger = (): void => fallback.answer(request, response, client)
    const path = pathOf(request)
    if (api === undefined || !isApiPath(path) || request.headers['x-api-key'] === undefined) return answerStranger()
    api.answer(request, response, { path, remoteAddress, answerStranger })
  }

  close(): void {
    this.#options.fallback?.close()
  }

  #isOurPath(path: string): boolean {
    return this.#options.server.socketPaths.includes(path) || this.#wispToken(path) !== undefined
  }

  #wispToken(path: string): string | undefined {
    return this.#options.server.wisp === true ? wispToken(path) : undefined
  }

  /** Credentials that a client sends before it has a WebSocket; undefined for none. */
  #shown({ path, query, headers }: UpgradeRequest): { readonly tokenHash: string | undefined } | undefined {
    const token = this.#wispToken(path)
    if (token !== undefined) return { tokenHash: hashToken(token) }
    const { tokenHash = earlyTokenHash(headers), malformedToken } = parseAuthQuery(query)
    return malformedToken || tokenHash !== undefined ? { tokenHash } : undefined
  }

  /** Whether the Host field names this server; it may have a port (RFC 9110 §7.2). */
  #isOurHost(host = ''): boolean {
    const { hostNames } = this.#options.server
    return hostNames.length === 0 || hostNames.includes(host.toLowerCase().replace(/\.?(?::\d*)?$/, ''))
  }

  /**
   * Standing of a client. The default path is public, so it requires a known token. A custom path is itself a secret,
   * so it is enough for clients that authenticate by message: they cannot send their token earlier, except as early
   * data.
   */
  #standingOf(request: UpgradeRequest): 'client' | 'stranger' | 'impostor' {
    const { throttle } = this.#options
    const shown = this.#shown(request)
    if (shown !== undefined) {
      const { tokenHash } = shown
      const address = plainAddress(request.remoteAddress)
      // Nothing is checked: a correct token is refused too.
      if (throttle.waitMs(address) > 0) return 'stranger'
      if (tokenHash !== undefined && this.#options.isKnownToken(tokenHash)) return 'client'
      throttle.failed(address)
      return 'impostor'
    }
    return defaultSocketPaths.includes(request.path) ? 'stranger' : 'client'
  }

  /** Passes the link on if it belongs to a session of another process. */
  #elsewhere(request: UpgradeRequest): TakeUpgrade | undefined {
    const { sessionOwners: owners } = this.#options.server
    const { resume } = parseAuthQuery(request.query)
    if (owners === undefined || resume === undefined) return undefined
    const id = Buffer.from(resume).toString('hex')
    const owner = ownerIdOf(id) === owners.ownId ? undefined : owners.findOwner(id)
    if (owner === undefined) return undefined
    return (incoming, stream, head, admit) => {
      // The owner counts it, under the same address, and cuts it if it sends no token.
      admit()
      this.#options.passed.pass({ request: incoming, stream, head, client: clientOf(request) }, owner)
    }
  }

  /**
   * Refuses new links during a drain, and those of clients that were asked to link to another node. Load balancers try
   * another server for this status, but not for a close code.
   */
  #leaving({ query }: UpgradeRequest): UpgradeRefusal | undefined {
    if (query.has('resume')) return undefined
    const refusal = { status: 503, headers: retryAfter(1000) }
    if (this.#options.isDraining()) return { ...refusal, text: 'The server is draining: it accepts no new links.' }
    const { instance } = parseAuthQuery(query)
    if (instance === undefined || !this.#options.isAskedToLeave(Buffer.from(instance).toString('hex'))) return undefined
    return { ...refusal, text: 'This node has more clients than others: try another one.' }
  }

  /** Refuses a link, after a delay, if its address has guessed too often; its credentials are not checked. */
  #throttled(request: UpgradeRequest): UpgradeRefusal | undefined {
    if (this.#shown(request) === undefined) return undefined
    const { throttle } = this.#options
    const address = plainAddress(request.remoteAddress)
    const waitMs = throttle.waitMs(address)
    if (waitMs === 0) return undefined
    const text = 'Too many wrong tokens from this address.'
    const send = (answer: () => void, cut: () => void): void => throttle.refusals.add(address, { answer, cut })
    return { status: 429, text, headers: retryAfter(waitMs), send }
  }
}

function clientOf({ remoteAddress: address, remotePort: port }: UpgradeRequest): ClientAddress {
  return { address, port }
}

/** Hash of the token in an Auth message that came as early data, before there is a WebSocket; undefined without one. */
function earlyTokenHash(headers: IncomingHttpHeaders): string | undefined {
  const [first] = readEarlyData(headers)
  if (first === undefined) return undefined
  try {
    const message = decode(first)
    return message.type === MessageType.Auth ? hashToken(message.token) : undefined
  } catch {
    // Most likely an ordinary subprotocol, which contains no token.
    return undefined
  }
}
