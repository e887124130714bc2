import type { IncomingMessage } from 'node:http'
import { hasBody, hasTransferEncoding, onwardFields } from '../message/framing.js'
import { endToEnd, fieldValues, hasToken } from '../message/hop-by-hop.js'

/** Whether a request's Upgrade goes to its origin. With a body, and to another HTTP, it is ignored (RFC 9110 §7.8). */
export function isHonouredUpgrade(request: IncomingMessage): boolean {
  return !hasBody(request) && !hasToken(request.rawHeaders, 'upgrade', 'h2c')
}

/** The fields of a client's request for its origin. */
export function requestHeaders(request: IncomingMessage, authority: string, upgrade: boolean): string[] {
  const { rawHeaders, method = '' } = request
  const headers = onwardFields(request, hasTransferEncoding(rawHeaders) ? undefined : dropWithoutChunks)
  setHost(headers, authority)
  if (request.httpVersion === '1.0') dropField(headers, 'expect')
  if (method === 'OPTIONS' || method === 'TRACE') countForward(headers)
  if (upgrade) headers.push('Connection', 'Upgrade', 'Upgrade', fieldValues(rawHeaders, 'upgrade').join(', '))
  else if (hasToken(rawHeaders, 'te', 'trailers')) headers.push('Connection', 'keep-alive, TE', 'TE', 'trailers')
  return headers
}

/** Returns the head of a request as the client sent it, without its Upgrade. */
export function headWithoutUpgrade({ method, url, httpVersion, rawHeaders }: IncomingMessage): Buffer {
  let head = `${method} ${url} HTTP/${httpVersion}\r\n`
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() !== 'upgrade') head += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`
  }
  return Buffer.from(`${head}\r\n`, 'latin1')
}

/** The fields of an origin's response for the client. */
export function responseHeaders(response: IncomingMessage, chunked: boolean): string[] {
  return endToEnd(response.rawHeaders, chunked ? undefined : dropWithoutChunks)
}

/** Whether we will send a response chunked: when it has a body of unknown length and the client reads chunks. */
export function sendsChunked(request: IncomingMessage, response: IncomingMessage): boolean {
  const { statusCode = 0, rawHeaders } = response
  if (request.httpVersion !== '1.1' || request.method === 'HEAD') return false
  return statusCode !== 204 && statusCode !== 304 && !hasField(rawHeaders, 'content-length')
}

/** Builds the head of a 1xx response: Node's server can send only two kinds of them. */
export function informationalHead(
  response: Pick<IncomingMessage, 'statusCode' | 'statusMessage' | 'rawHeaders'>,
): string {
  const upgrade = response.statusCode === 101 ? fieldValues(response.rawHeaders, 'upgrade') : []
  const headers = endToEnd(response.rawHeaders)
  if (upgrade.length > 0) headers.push('Connection', 'Upgrade', 'Upgrade', upgrade.join(', '))
  let head = `HTTP/1.1 ${response.statusCode} ${response.statusMessage ?? ''}\r\n`
  for (let at = 0; at < headers.length; at += 2) head += `${headers[at]}: ${headers[at + 1]}\r\n`
  return `${head}\r\n`
}

const dropWithoutChunks = new Set(['trailer'])

/** The URL wins over the Host field (RFC 9112 §3.2.2), which keeps its place. */
function setHost(headers: string[], authority: string): void {
  const at = indexOfField(headers, 'host')
  if (at < 0) headers.unshift('Host', authority)
  else headers[at + 1] = authority
}

function countForward(headers: string[]): void {
  const at = indexOfField(headers, 'max-forwards')
  const left = Number(headers[at + 1])
  if (at >= 0 && Number.isSafeInteger(left) && left > 0) headers[at + 1] = String(left - 1)
}

function dropField(headers: string[], name: string): void {
  const at = indexOfField(headers, name)
  if (at >= 0) headers.splice(at, 2)
}

function hasField(headers: readonly string[], name: string): boolean {
  return indexOfField(headers, name) >= 0
}

function indexOfField(headers: readonly string[], name: string): number {
  for (let at = 0; at < headers.length; at += 2) if (headers[at]?.toLowerCase() === name) return at
  return -1
}
