import type { ServerResponse } from 'node:http'
import type { Writable } from 'node:stream'

/** An answer: `body` is sent as JSON; without it the body is empty. */
export interface Answer {
  /** 100 to 599. */
  readonly status: number
  /** @default an empty body */
  readonly body?: unknown
  /** Fields of the head. @default none */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Writes a body of any length; its type is in the headers. */
  readonly stream?: (body: Writable) => void
}

/** Error for a refused request. The caller receives the message, so it must not contain a secret. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal'
  /** 400 to 599. */
  readonly status: number
  /** Fields of the head. */
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }
}

/** Answer for a well-formed request that cannot be fulfilled. Deployed servers answer in this form, also with 200. */
export function failure(status: number, error: string, headers?: Readonly<Record<string, string>>): Answer {
  return { status, body: { success: false, error }, headers }
}

/** Sends an answer, unless the caller has disconnected. */
export function send(response: ServerResponse, { status, body, headers = {}, stream }: Answer): void {
  if (response.destroyed) return
  // Answers contain tokens: no cache may store them.
  const type = body === undefined ? {} : jsonType
  response.writeHead(status, { ...type, ...headers, 'cache-control': 'no-store' })
  if (stream !== undefined && response.req.method !== 'HEAD') return stream(response)
  response.end(body === undefined ? undefined : toText(body))
}

/** A body that is JSON text already. */
export class JsonText {
  /** The JSON. */
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A body that is not JSON; its type is in the headers. */
export class RawBody {
  /** The body. */
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
