/** URL of the API of the server that served this page, below any path of a reverse proxy. */
const root = new URL('../api/', document.baseURI)

/** Error of a call that the server refused, or that did not reach it. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  /** Status; 0 without an answer. */
  readonly status: number
  /** Time to wait before the next attempt, in seconds. */
  readonly waitSeconds: number

  constructor(status: number, message: string, waitSeconds = 0) {
    super(message)
    this.status = status
    this.waitSeconds = waitSeconds
  }
}

export type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'

export interface CallOptions {
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/** Calls the API. `T` is the answer of a server of the same version. @throws ApiError */
export async function call<T>(method: Method, path: string, options: CallOptions = {}): Promise<T> {
  const answer = await request(method, path, options)
  const body = (await answer.json().catch(() => undefined)) as (T & Refusal) | undefined
  // Deployed servers refuse well-formed requests with 200.
  if (answer.ok && body !== undefined && body.success !== false) return body
  const wait = Number(answer.headers.get('retry-after') ?? 0)
  throw new ApiError(answer.status, body?.error ?? `HTTP ${answer.status}`, wait)
}

/** Sends a request, with the cookie of the session. @throws ApiError without an answer */
export async function request(method: Method, path: string, options: CallOptions = {}): Promise<Response> {
  const { body, headers = {}, signal } = options
  try {
    return await fetch(new URL(path, root), {
      method,
      headers,
      credentials: 'same-origin',
      signal: signal ?? null,
      body: body === undefined ? null : JSON.stringify(body),
    })
  } catch (error) {
    if (signal?.aborted === true) throw error
    throw new ApiError(0, error instanceof Error ? error.message : String(error))
  }
}

interface Refusal {
  readonly success?: boolean
  readonly error?: string
}
