import { request } from 'node:http'
import { answerBody, answerTo } from '../port/answer-body.js'
import { aloneHeader } from './siblings.js'

/** A request to the management API of another process. */
export interface SiblingRequest {
  readonly method: string
  /** Path with the query. */
  readonly path: string
  /** JSON; empty for none. */
  readonly body: string
  /** Cookie of the user, which may name a session. @default none */
  readonly cookie?: string | undefined
}

/** Answer of another process. */
export interface SiblingAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Parsed JSON; undefined for an empty body. */
  readonly body: unknown
}

/** Time for an answer, in milliseconds: a process that is busy for longer is left out. */
const answerMs = 5000

/** Most bytes of an answer: 10,000 channels are 3 MB. */
const maxAnswerBytes = 16_777_216

/** Asks another process for its part of an answer; undefined where it does not answer, because it is ending. */
export async function askSibling(
  socketPath: string,
  { method, path, body, cookie }: SiblingRequest,
): Promise<SiblingAnswer | undefined> {
  const length = { 'content-length': String(Buffer.byteLength(body)) }
  const headers = { [aloneHeader]: '1', ...length, ...(cookie === undefined ? {} : { cookie }) }
  const signal = AbortSignal.timeout(answerMs)
  try {
    const asked = request({ socketPath, method, path, headers, agent: false, signal }).end(body)
    const response = await answerTo(asked)
    const text = await answerBody(response, maxAnswerBytes)
    const fields = Object.entries(response.headers).filter(
      (field): field is [string, string] => typeof field[1] === 'string',
    )
    return { status: response.statusCode ?? 500, headers: Object.fromEntries(fields), body: parsed(text) }
  } catch {
    return undefined
  }
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
