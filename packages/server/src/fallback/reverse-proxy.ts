import {
  Agent,
  type ClientRequest,
  type IncomingMessage,
  request as httpRequest,
  type RequestOptions,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { isIP, type Socket } from 'node:net'
import { type Duplex, pipeline } from 'node:stream'
import { closeStream } from '@ls/dial'
import { endToEnd, hasTransferEncoding, HttpProxyError, isChunkedOnly, onwardFields } from '@ls/http-proxy'
import { join, mergePieces } from '@ls/http-proxy/node'
import type { ClientAddress } from '@ls/transport'
import { answerText, cutResponse } from '../port/http.js'
import { type ConnectionEnd, endsWithConnection, untilConnectionEnd, watchConnectionEnd } from './connection-end.js'
import type { Fallback } from './fallback.js'
import { responseInstead } from './upgrade-response.js'

/**
 * Longest silence of the upstream web server before its visitor gets an error, in milliseconds. Upgraded connections
 * may be silent for longer.
 */
const silenceMs = 30_000

/** Connections to the upstream web server, and how many of them stay open unused: enough for a small site. */
const connections = { keepAlive: true, maxSockets: 256, maxFreeSockets: 16 }

/**
 * Header fields that are replaced for the next hop, or dropped: web servers trust a proxy's fields about its visitor,
 * so visitors must not set them. Node has already answered `Expect`; trailers end here.
 */
const replaced = new Set([
  'host',
  'expect',
  'trailer',
  'forwarded',
  'forwarded-for',
  'x-forwarded',
  'x-forwarded-client-cert',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-proto',
  'x-forwarded-protocol',
  'x-forwarded-scheme',
  'x-forwarded-server',
  'x-forwarded-ssl',
  'x-real-ip',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-original-forwarded-for',
  'x-original-host',
  'x-original-url',
  'x-rewrite-url',
  'cf-connecting-ip',
  'cf-connecting-ipv6',
  'fly-client-ip',
  'fastly-client-ip',
  'true-client-ip',
])

/** How a {@link ReverseProxy} reaches the upstream web server. */
export interface ReverseProxyOptions {
  /**
   * Opens a connection for one request, which keeps its Host: the upstream server is the one that the visitor named.
   * @default connections to the origin, kept for later requests, whose Host is the origin's
   */
  readonly open?: ((visitor: Socket) => Promise<Duplex>) | undefined
}

/** Passes requests, upgrades included, on to another web server, and its answers back. */
export class ReverseProxy implements Fallback {
  readonly #origin: URL
  readonly #agent: Agent
  readonly #open: ReverseProxyOptions['open']
  readonly #upgrades = new Set<Duplex>()

  constructor(origin: URL, { open }: ReverseProxyOptions = {}) {
    this.#origin = origin
    this.#open = open
    this.#agent = this.#isSecure ? new HttpsAgent(connections) : new Agent(connections)
  }

  answer(request: IncomingMessage, response: ServerResponse, client: ClientAddress): void {
    const fields = this.#fieldsOf(request, client, response)
    if (fields === undefined) return
    mergePieces(request)
    const onward = this.#request(request, response, fields)
    // Without an error: after an upgrade that was not requested.
    onward.once('close', () => {
      if (!response.headersSent && !response.destroyed) badGateway(response)
    })
    // Also the end of a broken request, whose answer is no longer needed.
    pipeline(request, onward, () => {})
  }

  upgrade(request: IncomingMessage, stream: Duplex, head: Buffer, client: ClientAddress): void {
    this.#upgrades.add(stream)
    stream.once('close', () => this.#upgrades.delete(stream))
    const response = responseInstead(request, stream)
    // The bytes after the head of such a request are not HTTP, so they cannot be separated from its body.
    if (request.headers['content-length'] !== undefined || request.headers['transfer-encoding'] !== undefined) {
      return answerText(response, 400, '400 bad request\n')
    }
    const fields = this.#fieldsOf(request, client, response)
    if (fields === undefined) return
    const protocols = onwardProtocols(request)
    if (protocols !== '') fields.push('Connection', 'Upgrade', 'Upgrade', protocols)
    const onward = this.#request(request, response, fields)
    onward.once('upgrade', (answer, behind, firstBytes) => {
      response.detachSocket(stream as Parameters<ServerResponse['detachSocket']>[0])
      if (this.#open === undefined) behind.setTimeout(0)
      stream.write(switching(answer), 'latin1')
      if (firstBytes.length > 0) stream.write(firstBytes)
      if (head.length > 0) behind.write(head)
      join(stream, behind)
    })
    onward.end()
  }

  close(): void {
    for (const stream of this.#upgrades) closeStream(stream)
    this.#agent.destroy()
  }

  get #isSecure(): boolean {
    return this.#origin.protocol === 'https:'
  }

  #request(request: IncomingMessage, response: ServerResponse, headers: string[]): ClientRequest {
    const { method = 'GET', url = '/' } = request
    const onward = (this.#isSecure ? httpsRequest : httpRequest)(this.#origin, {
      method,
      path: url.startsWith('/') || url === '*' ? url : '/',
      headers,
      insecureHTTPParser: false,
      setHost: false,
      ...this.#wayFor(request.socket),
    })
    // The size is limited. A limit on the number drops fields silently.
    onward.maxHeadersCount = 0
    onward.once('timeout', () => onward.destroy(new Error('no answer')))
    onward.once('error', () => {
      if (response.headersSent) cutResponse(response)
      else badGateway(response)
    })
    const end = watchConnectionEnd(onward)
    onward.once('response', (answer) => this.#passBack(answer, response, end))
    // Also when the visitor closes before the answer has begun.
    response.once('close', () => onward.destroy())
    return onward
  }

  #wayFor(visitor: Socket): RequestOptions {
    const open = this.#open
    if (open === undefined) return { agent: this.#agent, timeout: silenceMs }
    return {
      createConnection: (_options, opened) => {
        open(visitor).then(
          (stream) => opened(null, stream),
          // Node accepts an error without a stream.
          (error: unknown) => opened(error as Error, undefined as unknown as Duplex),
        )
        return undefined
      },
    }
  }

  /** Header fields for the upstream server; undefined after a request that cannot be passed on has been answered. */
  #fieldsOf(request: IncomingMessage, { address }: ClientAddress, response: ServerResponse): string[] | undefined {
    const { host } = request.headers
    try {
      return [
        'Host',
        this.#open === undefined ? this.#origin.host : (host ?? this.#origin.host),
        ...onwardFields(request, replaced),
        ...(address === undefined || isIP(address) === 0 ? [] : ['X-Forwarded-For', address]),
        ...(host === undefined ? [] : ['X-Forwarded-Host', host]),
        'X-Forwarded-Proto',
        'encrypted' in request.socket ? 'https' : 'http',
      ]
    } catch (error) {
      if (!(error instanceof HttpProxyError)) throw error
      // The start of the next request is unknown.
      response.shouldKeepAlive = false
      answerText(response, error.status ?? 400, `${error.message}\n`)
      return undefined
    }
  }

  #passBack(answer: IncomingMessage, response: ServerResponse, end: ConnectionEnd): void {
    if (hasTransferEncoding(answer.rawHeaders) && !isChunkedOnly(answer.rawHeaders)) {
      answer.destroy()
      return badGateway(response)
    }
    mergePieces(answer)
    // The date is set by the server that made the answer.
    response.sendDate = false
    try {
      response.writeHead(answer.statusCode ?? 502, answer.statusMessage ?? '', this.#answerHeaders(answer))
    } catch {
      // Node's parser accepts more than Node sends: a status below 100, control characters in the reason.
      answer.destroy()
      response.sendDate = true
      response.statusMessage = ''
      return badGateway(response)
    }
    answer.once('error', () => cutResponse(response))
    // Destroys both when either fails.
    if (!endsWithConnection(answer)) return void pipeline(answer, response, () => {})
    const body = untilConnectionEnd(end).once('error', () => cutResponse(response))
    pipeline(answer, body, response, () => {})
  }

  /** Headers for the visitor: a redirect to the upstream server becomes one to this server. */
  #answerHeaders(answer: IncomingMessage): string[] {
    const { origin } = this.#origin
    const headers = endToEnd(answer.rawHeaders)
    for (let at = 0; at + 1 < headers.length; at += 2) {
      const value = headers[at + 1] ?? ''
      const isOwn = headers[at]?.toLowerCase() === 'location' && `${value}/`.startsWith(`${origin}/`)
      if (isOwn) headers[at + 1] = value.slice(origin.length) || '/'
    }
    return headers
  }
}

/**
 * Protocols of an Upgrade for the next hop: all but HTTP/2, over which a visitor could send requests with any fields
 * past this proxy.
 */
function onwardProtocols({ headers: { upgrade = '' } }: IncomingMessage): string {
  const protocols = upgrade.split(',').map((each) => each.trim())
  return protocols.filter((each) => !/^(?:h2c?|HTTP\/.*)$/i.test(each)).join(', ')
}

function badGateway(response: ServerResponse): void {
  answerText(response, 502, '502 bad gateway\n')
}

function switching(answer: IncomingMessage): string {
  const { statusCode = 101, statusMessage, headers } = answer
  const fields = ['Connection', 'Upgrade', 'Upgrade', headers.upgrade ?? '', ...endToEnd(answer.rawHeaders)]
  const lines = Array.from(
    { length: fields.length / 2 },
    (_none, index) => `${fields[index * 2]}: ${fields[index * 2 + 1]}`,
  )
  return `HTTP/1.1 ${statusCode} ${statusMessage ?? STATUS_CODES[statusCode] ?? ''}\r\n${lines.join('\r\n')}\r\n\r\n`
}
