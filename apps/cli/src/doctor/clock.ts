import { request } from 'node:http'
import type { Duplex } from 'node:stream'

/** Head of the answer to a plain request for `/`. */
export interface PageHead {
  readonly status: number
  /** Software of the server, from its header. */
  readonly server: string | undefined
  /** Lead of this machine's clock over the server's, in milliseconds; undefined if the answer has no date. */
  readonly skewMs: number | undefined
}

/**
 * Requests `/` on an open connection, which is destroyed afterwards; undefined without an HTTP answer within
 * `answerMs`.
 */
export function readPageHead(stream: Duplex, host: string, answerMs: number): Promise<PageHead | undefined> {
  return new Promise((resolve) => {
    const sent = request({ createConnection: () => stream, path: '/', headers: { host, connection: 'close' } })
    const end = (head: PageHead | undefined): void => {
      clearTimeout(timer)
      resolve(head)
      stream.destroy()
    }
    const timer = setTimeout(() => end(undefined), answerMs)
    stream.on('error', () => {})
    sent.once('error', () => end(undefined))
    sent.once('response', ({ statusCode = 0, headers: { date, server } }) => {
      end({ status: statusCode, server: server?.toString(), skewMs: date === undefined ? undefined : skewOf(date) })
    })
    sent.end()
  })
}

/** Skew of a date. The header has whole seconds, truncated: half a second is the middle. */
function skewOf(date: string): number | undefined {
  const serverMs = Date.parse(date)
  return Number.isNaN(serverMs) ? undefined : Date.now() - serverMs - 500
}

/** Formats a skew for people. */
export function describeSkew(skewMs: number): string {
  const seconds = Math.round(Math.abs(skewMs) / 1000)
  const amount = seconds < 7200 ? `${seconds} s` : `${Math.round(seconds / 3600)} h`
  return `this machine's clock is ${amount} ${skewMs > 0 ? 'ahead of' : 'behind'} the server's`
}

/** Tolerable skew, in milliseconds: the expiry of certificates and tokens is checked to the minute. */
export const tolerableSkewMs = 60_000
