import { request } from 'node:http'
import type { Duplex } from 'node:stream'

/** Head of the answer to a plain request for `/`. */
export interface PageHead {
  readonly status: number
  /** Software that answered, by its own account. */
  readonly server: string | undefined
  /** How far this machine's clock is ahead of the server's, in milliseconds; undefined if the answer has no date. */
  readonly skewMs: number | undefined
}

/**
 * Asks for `/` on an open connection, which is destroyed then; undefined if nothing answers in HTTP within `answerMs`.
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

/** The header has whole seconds, cut off: half a second is the middle. */
function skewOf(date: string): number | undefined {
  const serverMs = Date.parse(date)
  return Number.isNaN(serverMs) ? undefined : Date.now() - serverMs - 500
}

/** A skew for people. */
export function describeSkew(skewMs: number): string {
  const seconds = Math.round(Math.abs(skewMs) / 1000)
  const amount = seconds < 7200 ? `${seconds} s` : `${Math.round(seconds / 3600)} h`
  return `this machine's clock is ${amount} ${skewMs > 0 ? 'ahead of' : 'behind'} the server's`
}

/** Certificates and tokens with an end are judged by the minute. In milliseconds. */
export const tolerableSkewMs = 60_000
