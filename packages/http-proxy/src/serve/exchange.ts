import {
  request as httpRequest,
  type ClientRequest,
  type IncomingMessage,
  type OutgoingMessage,
  type ServerResponse,
} from 'node:http'
import type { Duplex } from 'node:stream'
import { closeStream, discardStream } from '@ls/dial'
import { HttpProxyError } from '../errors.js'
import { checkTrailers, hasBody, hasTransferEncoding, isChunkedOnly } from '../message/framing.js'
import { asksToKeep, endToEndTrailers, hasToken, keepsConnection } from '../message/hop-by-hop.js'
import { mergePieces } from '../message/merge-pieces.js'
import { badTarget, type RequestTarget } from '../message/request-target.js'
import type { OriginStream } from '../origin/origin-stream.js'
import { informationalHead, requestHeaders, responseHeaders, sendsChunked } from './exchange-headers.js'
import { join } from './join.js'
import { isOwnAddress, isOwnPort } from './own-address.js'
import { breakGently, refusalOf } from './refusal.js'
import { checkRequest } from './request-check.js'
import type { ExchangeHost, Turn } from './turn.js'

/**
 * Statuses of refusals after which the connection continues; after any other one, the client may have been parsed
 * wrongly.
 */
const lastingStatuses = new Set([403, 405, 407, 502, 503, 504])

/** Methods that may be sent again on a fresh connection when a kept one turns out closed (RFC 9110 §9.2.2). */
const repeatable = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

/** 1xx responses passed on for one request; they are written without back-pressure. */
const maxInformational = 64

/** Whether the client requested an Upgrade; Node's server has then detached its socket. */
export type ExchangeKind = 'plain' | 'upgrade'

/** One plain request and its response. */
export class Exchange implements Turn {
  readonly request: IncomingMessage
  readonly #connection: ExchangeHost
  readonly #response: ServerResponse
  readonly #kind: ExchangeKind
  readonly #expectsContinue: boolean
  #state: 'waiting' | 'forwarding' | 'responding' | 'done' = 'waiting'
  #failure: HttpProxyError | undefined
  #continued = false
  #informational = 0
  #upstream: ClientRequest | undefined

  constructor(connection: ExchangeHost, request: IncomingMessage, response: ServerResponse, kind: ExchangeKind) {
    this.#connection = connection
    this.request = request
    request.url = connection.targetOf(request)
    mergePieces(request)
    this.#response = response
    this.#kind = kind
    this.#expectsContinue = request.httpVersion === '1.1' && hasToken(request.rawHeaders, 'expect', '100-continue')
    request.on('error', () => this.#upstream?.destroy())
  }

  start(): void {
    this.#response.once('close', () => this.#finish())
    if (this.#failure !== undefined) return this.#refuse(this.#failure)
    try {
      const { target, user } = checkRequest(this.request, this.#connection.options)
      this.#connection.proven(user)
      if (target !== undefined && this.#isForUs(target)) throw badTarget('the request leads back to the proxy itself')
      if (target === undefined) this.#answerItself()
      else this.#forward(target)
    } catch (error) {
      this.#refuse(error)
    }
  }

  /** Called when the client's bytes became invalid within this request, or when no bytes move any more. */
  fail(error: HttpProxyError): void {
    if (this.#state === 'waiting') this.#failure = error
    else if (this.#state === 'done') closeStream(this.#connection.socket)
    else this.#refuse(error)
  }

  cancel(): void {
    this.#state = 'done'
    this.#upstream?.destroy()
  }

  /** Whether the request is for the proxy itself. A transparent proxy would otherwise send it to itself in a loop. */
  #isForUs({ target }: RequestTarget): boolean {
    const connection = this.#connection
    if (!connection.options.transparent) return false
    const isNamed = /^[a-z]/i.test(this.request.url ?? '')
    return isNamed ? isOwnAddress(connection.socket, target) : isOwnPort(connection.socket, target)
  }

  #forward(target: RequestTarget): void {
    this.#state = 'forwarding'
    const { request } = this
    const { options, origins } = this.#connection
    const upstream = httpRequest({
      method: request.method,
      path: target.path,
      headers: requestHeaders(request, target.authority, this.#kind === 'upgrade'),
      agent: origins.agentFor(target.target, this.#connection.user),
      insecureHTTPParser: false,
      maxHeaderSize: options.maxResponseHeadBytes,
    })
    // The size is limited; a limit on the number would drop fields silently.
    upstream.maxHeadersCount = 0
    this.#upstream = upstream
    upstream.on('socket', (stream: Duplex) => (stream as OriginStream).expectResponse(request.method ?? ''))
    upstream.on('information', (info) => this.#onInformation(info))
    upstream.on('response', (response) => this.#onResponse(response))
    upstream.on('error', (error) => this.#onError(error, target))
    upstream.on('upgrade', (...args) => this.#onUpgrade(...args))
    upstream.on('close', () => {
      const unanswered = this.#state === 'forwarding' && this.#upstream === upstream
      if (unanswered) this.#refuse(badResponse('the origin closed the connection without an answer'))
    })
    this.#sendBody(upstream)
  }

  #sendBody(upstream: ClientRequest): void {
    if (!hasBody(this.request)) return void upstream.end()
    // The head goes ahead of the body: the origin may have to agree to it first.
    flushHead(upstream)
    this.request.pipe(upstream, { end: false })
    this.request.once('end', () => {
      if (!upstream.destroyed) this.#endBody(upstream)
    })
  }

  #endBody(upstream: ClientRequest): void {
    const { rawHeaders, rawTrailers } = this.request
    try {
      checkTrailers(rawTrailers)
    } catch (error) {
      return this.#refuse(error)
    }
    if (hasTransferEncoding(rawHeaders)) upstream.addTrailers(endToEndTrailers(rawTrailers))
    upstream.end()
  }

  #onInformation(info: { statusCode: number; statusMessage: string; rawHeaders: string[] }): void {
    if (this.#state !== 'forwarding') return
    if (++this.#informational > maxInformational) {
      return this.#refuse(badResponse(`the origin sent more than ${maxInformational} 1xx responses`))
    }
    if (this.request.httpVersion !== '1.1') return
    if (info.statusCode === 100) this.#continued = true
    this.#connection.socket.write(informationalHead(info), 'latin1')
  }

  #onResponse(response: IncomingMessage): void {
    if (this.#state !== 'forwarding') return void response.destroy()
    if (hasTransferEncoding(response.rawHeaders) && !isChunkedOnly(response.rawHeaders)) {
      return this.#refuse(badResponse('the origin answered with a Transfer-Encoding other than chunked'))
    }
    try {
      this.#respond(response)
    } catch (error) {
      this.#refuse(badResponse(`the origin's response cannot be passed on: ${(error as Error).message}`, error))
    }
  }

  #respond(response: IncomingMessage): void {
    const to = this.#response
    mergePieces(response)
    if (this.#leavesBodyOpen() || this.#endsWith(response)) to.shouldKeepAlive = false
    const chunked = sendsChunked(this.request, response)
    to.writeHead(response.statusCode ?? 502, response.statusMessage ?? '', responseHeaders(response, chunked))
    this.#state = 'responding'
    response.pipe(to, { end: false })
    response.on('error', () => this.#break())
    response.once('end', () => {
      if (chunked) to.addTrailers(endToEndTrailers(response.rawTrailers))
      to.end()
    })
    // A body that is already here leaves with the head; a head alone must not wait for the body's first byte.
    setImmediate(() => {
      if (!to.writableEnded && !to.destroyed) flushHead(to)
    })
  }

  #onUpgrade(response: IncomingMessage, upstream: Duplex, upstreamHead: Buffer): void {
    if (this.#state !== 'forwarding') return discardStream(upstream)
    if (this.#kind === 'plain') {
      discardStream(upstream)
      return this.#refuse(badResponse('the origin switched protocols without a request to do so'))
    }
    this.#state = 'done'
    const client = this.#connection.takeOver(this.#response)
    client.write(informationalHead(response), 'latin1')
    if (upstreamHead.length > 0) upstream.unshift(upstreamHead)
    join(client, upstream)
  }

  #onError(error: Error, target: RequestTarget): void {
    if (this.#state === 'done') return
    if (this.#state === 'responding') return this.#break()
    const stale = this.#upstream?.reusedSocket === true
    if (stale && repeatable.has(this.request.method ?? '') && !hasBody(this.request)) return this.#forward(target)
    const isParseError = (error as { code?: unknown }).code?.toString().startsWith('HPE_') === true
    this.#refuse(isParseError ? badResponse(`the origin does not speak HTTP: ${error.message}`, error) : error)
  }

  /**
   * The origin was cut: the client gets the bytes so far, which must not look complete (RFC 9112 §8). A response that
   * is complete here still goes to the client.
   */
  #break(): void {
    if (this.#response.writableEnded) return
    this.#state = 'done'
    flushHead(this.#response)
    breakGently(this.#connection.socket)
  }

  #refuse(error: unknown): void {
    const started = this.#state === 'responding'
    this.#state = 'done'
    this.request.unpipe()
    this.#upstream?.destroy()
    // Too late for a status: a cut shows the client that the response is not complete.
    if (started) {
      if (!this.#response.writableEnded) closeStream(this.#connection.socket)
      return
    }
    const { status, headers, body } = refusalOf(error)
    const mayGoOn = lastingStatuses.has(status) && this.#kind === 'plain' && !this.#leavesBodyOpen()
    if (!mayGoOn) return this.#connection.refuse(error)
    this.#connection.note(error)
    this.request.resume()
    // `writeHead` keeps the reason of an answer that it has refused, and would refuse this one for it too.
    this.#response.statusMessage = ''
    this.#response.writeHead(status, headers).end(body)
  }

  #answerItself(): void {
    this.#state = 'done'
    const { method = '' } = this.request
    if (method !== 'OPTIONS') {
      const text = `${method} with Max-Forwards: 0 is not answered here`
      return this.#refuse(new HttpProxyError('ERR_HTTP_PROXY_UNSUPPORTED', text, { status: 405 }))
    }
    this.request.resume()
    this.#response.writeHead(200, ['Content-Length', '0']).end()
  }

  /**
   * Whether the client waits for a 100 that was never sent: it may or may not send its body, so the connection must
   * close.
   */
  #leavesBodyOpen(): boolean {
    return this.#expectsContinue && !this.#continued && !this.request.complete && hasBody(this.request)
  }

  /**
   * Whether the client's connection ends with its origin's, as it would without a proxy: some clients wait for that. A
   * client that requests keep-alive, or has already sent another request, keeps its connection.
   */
  #endsWith(response: IncomingMessage): boolean {
    return !keepsConnection(response) && !asksToKeep(this.request) && !this.#connection.hasMore
  }

  /** Called when the response has been sent, or the client is gone. */
  #finish(): void {
    const upstream = this.#upstream
    const whole = this.#state === 'responding' && this.#response.writableFinished
    this.#state = 'done'
    this.request.unpipe()
    if (upstream !== undefined && !(whole && upstream.writableFinished && upstream.shouldKeepAlive)) giveUp(upstream)
    if (this.#kind === 'plain') this.request.resume()
    this.#connection.endTurn(this)
  }
}

/**
 * Ends a request with its connection. A dialled stream need not close by itself at its end, as a socket does, and Node
 * 26 leaves it open when the response has come; the next request would wait for it.
 */
function giveUp(request: ClientRequest): void {
  request.destroy()
  if (request.socket !== null) discardStream(request.socket)
}

/** Sends a head immediately, in its own bytes: `flushHeaders` of Node writes those above 0x7F as UTF-8. */
function flushHead(message: OutgoingMessage): void {
  message.write(Buffer.alloc(0))
}

function badResponse(message: string, cause?: unknown): HttpProxyError {
  return new HttpProxyError('ERR_HTTP_PROXY_BAD_RESPONSE', message, { status: 502, cause })
}
