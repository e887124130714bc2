import { request } from 'node:http'
import type { Clock } from '@ls/foundation'

/** Most bytes of an answer: descriptions of routers have some 20 KB. */
const maxAnswerBytes = 262_144
/** Time for an answer, in milliseconds: routers are near, and slow. */
const answerMs = 2000

export interface GatewayRequest {
  readonly url: URL
  /** Source of time. */
  readonly clock: Clock
  readonly headers?: Readonly<Record<string, string>>
  /** Body of a POST; without one it is a GET. */
  readonly body?: string
  /** Cancels the request. */
  readonly signal?: AbortSignal | undefined
}

export interface GatewayAnswer {
  readonly status: number
  readonly text: string
  /** Our own address, as the router sees it. */
  readonly localAddress: string
}

/** Asks a router over HTTP, without redirects. @throws Error for one that does not answer, or with too much */
export function askGateway({ url, clock, headers, body, signal }: GatewayRequest): Promise<GatewayAnswer> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST'
    const asked = request(url, { method, headers: { ...headers, connection: 'close' }, agent: false, signal })
    const late = new Error(`${url.host} did not answer within ${answerMs} ms`)
    const timer = clock.setTimeout(() => asked.destroy(late), answerMs)
    asked.on('error', reject)
    asked.on('close', () => {
      clock.clearTimeout(timer)
      reject(new Error(`${url.host} ended the connection`))
    })
    asked.on('response', (response) => {
      const localAddress = response.socket.localAddress ?? ''
      const parts: Buffer[] = []
      let length = 0
      response.on('data', (part: Buffer) => {
        parts.push(part)
        length += part.length
        if (length > maxAnswerBytes) asked.destroy(new Error(`${url.host} sent more than ${maxAnswerBytes} bytes`))
      })
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(parts).toString()
        resolve({ status: response.statusCode ?? 0, text, localAddress })
      })
    })
    asked.end(body)
  })
}
