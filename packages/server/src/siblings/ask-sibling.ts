import { request } from 'node:http'
import { aloneHeader } from './siblings.js'

/** A request to the management API of another process. */
export interface SiblingRequest {
  readonly method: string
  /** Path with the query. */
  readonly path: string
  /** JSON; empty for none. */
  readonly body: string
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
export function askSibling(socketPath: string, asked: SiblingRequest): Promise<SiblingAnswer | undefined> {
  return new Promise((resolve) => {
    const headers = { [aloneHeader]: '1', 'content-length': String(Buffer.byteLength(asked.body)) }
    const options = { socketPath, method: asked.method, path: asked.path, headers, agent: false }
    const call = request({ ...options, signal: AbortSignal.timeout(answerMs) }, (response) => {
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        chunks.push(chunk)
        if (bytes > maxAnswerBytes) call.destroy()
      })
      response.on('error', () => resolve(undefined))
      response.on('end', () => {
        const fields = Object.entries(response.headers).flatMap(([name, value]) =>
          typeof value === 'string' ? [[name, value] as const] : [],
        )
        const { statusCode: status = 500 } = response
        resolve({ status, headers: Object.fromEntries(fields), body: parsed(Buffer.concat(chunks).toString()) })
      })
    })
    call.on('error', () => resolve(undefined))
    call.end(asked.body)
  })
}

function parsed(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
