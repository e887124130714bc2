import type { ServerResponse } from 'node:http'
import type { Writable } from 'node:stream'

/** An answer: `body` is sent as JSON; without it the body is empty. */
export interface Answer {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  /** Writes the body as long as it likes; its type is in the headers. */
  readonly stream?: (body: Writable) => void
}

/** A refused request. The caller sees the message, so it must not hold a secret. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }
}

/** Deployed servers answer so, also with 200, if a well-formed request cannot be fulfilled. */
export function failure(status: number, error: string, headers?: Readonly<Record<string, string>>): Answer {
  return { status, body: { success: false, error }, ...(headers === undefined ? {} : { headers }) }
}

/** Sends an answer, unless the caller has gone away. */
export function send(response: ServerResponse, { status, body, headers = {}, stream }: Answer): void {
  if (response.destroyed) return
  // Answers hold tokens: no cache may keep them.
  const type = body === undefined ? {} : jsonType
  response.writeHead(status, { ...type, ...headers, 'cache-control': 'no-store' })
  if (stream !== undefined && response.req.method !== 'HEAD') return stream(response)
  response.end(body === undefined ? undefined : toText(body))
}

/** A body that is JSON text already. */
export class JsonText {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A body that is no JSON; its type is in the headers. */
export class RawBody {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** Exactly as deployed servers send it. */
const jsonType = { 'content-type': 'application/json' }

function toText(body: unknown): string {
  if (body instanceof RawBody) return body.text
  return `${body instanceof JsonText ? body.text : JSON.stringify(body)}\n`
}
