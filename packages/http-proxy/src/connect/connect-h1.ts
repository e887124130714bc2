import type { Duplex } from 'node:stream'
import { discardStream } from '@ls/dial'
import { HttpProxyError } from '../errors.js'
import { formatAuthority } from '../message/authority.js'
import { fieldValues } from '../message/hop-by-hop.js'
import { parseResponseHead, type ResponseHead } from '../message/response-head.js'
import type { ConnectAttempt } from './connect-attempt.js'
import { responseError } from './connect-response.js'

/**
 * Opens a tunnel over a connection of its own by HTTP/1.1 CONNECT (RFC 9110 §9.3.6). Resolves with `stream`, which
 * begins with the first byte after the response and is in the state of a fresh stream; on failure destroys it.
 */
export function requestTunnel(stream: Duplex, attempt: ConnectAttempt): Promise<Duplex> {
  const { proxy, signal, maxHeadBytes } = attempt
  let received: Buffer = Buffer.alloc(0)
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      signal.removeEventListener('abort', onAbort)
      stream.off('readable', onReadable).off('end', onEnd).off('error', onError).off('close', onEnd)
    }
    const fail = (error: Error): void => {
      settle()
      discardStream(stream)
      reject(error)
    }
    const onAbort = (): void => fail(signal.reason as Error)
    const onError = (cause: Error): void => fail(closedError(attempt, cause))
    const onEnd = (): void => fail(closedError(attempt))
    const onReadable = (): void => {
      for (let chunk = read(stream); chunk !== null; chunk = read(stream)) {
        received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
        const { head, skippedBytes } = finalHead(received, maxHeadBytes)
        received = received.subarray(skippedBytes)
        if (head === undefined) continue
        if ('problem' in head) return fail(badResponse(attempt, head.problem))
        if (head.status < 200 || head.status > 299) return fail(responseError(describe(head), proxy))
        settle()
        if (head.length < received.length) stream.unshift(received.subarray(head.length))
        return resolve(stream)
      }
    }
    // The stream may fail before its owner adds a listener: the error then appears as a close, and does not end the
    // process.
    stream.on('error', () => {})
    stream.on('readable', onReadable).on('end', onEnd).on('error', onError).on('close', onEnd)
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    stream.write(requestHead(attempt), 'latin1')
  })
}

interface FinalHead {
  readonly head: ReturnType<typeof parseResponseHead>
  /** Bytes of the 1xx responses before it. */
  readonly skippedBytes: number
}

/** Skips 1xx responses; a client must cope with any number of them (RFC 9110 §15.2), but not with any size. */
function finalHead(received: Buffer, maxHeadBytes: number): FinalHead {
  for (let skippedBytes = 0; ;) {
    const left = received.subarray(skippedBytes)
    const head = parseResponseHead(left)
    const size = head !== undefined && 'length' in head ? head.length : left.length
    if (size > maxHeadBytes) return { head: { problem: `its head is larger than ${maxHeadBytes} bytes` }, skippedBytes }
    if (head === undefined || 'problem' in head || head.status > 199) return { head, skippedBytes }
    skippedBytes += head.length
  }
}

function requestHead({ proxy, target, headers }: ConnectAttempt): string {
  const authority = formatAuthority(target)
  let head = `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n`
  if (proxy.authorization !== undefined) head += `Proxy-Authorization: ${proxy.authorization}\r\n`
  for (const [name, value] of headers) head += `${name}: ${value}\r\n`
  return `${head}\r\n`
}

function read(stream: Duplex): Buffer | null {
  return stream.read() as Buffer | null
}

function describe({ status, fields }: ResponseHead): Parameters<typeof responseError>[0] {
  const field = (name: string): string | undefined => fieldValues(fields, name)[0]
  return { status, server: field('server') ?? field('via') ?? field('proxy-agent'), proxyStatus: field('proxy-status') }
}

function badResponse({ proxy }: ConnectAttempt, problem: string): HttpProxyError {
  const text = `the proxy ${formatAuthority(proxy)} did not answer CONNECT with HTTP/1.1: ${problem}`
  return new HttpProxyError('ERR_HTTP_PROXY_BAD_RESPONSE', text, { reply: 'failed' })
}

function closedError({ proxy }: ConnectAttempt, cause?: Error): HttpProxyError {
  const why = cause === undefined ? '' : `: ${cause.message}`
  const text = `the proxy ${formatAuthority(proxy)} closed the connection before answering CONNECT${why}`
  return new HttpProxyError('ERR_HTTP_PROXY_CLOSED', text, { cause, reply: 'failed' })
}
