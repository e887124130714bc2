import { once } from 'node:events'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { join } from 'node:path'
import { UsageError } from '../errors.js'
import { messageOf } from '../output/describe-error.js'

/** Address of the management API. */
export type ApiPlace = { readonly socketPath: string } | { readonly url: URL; readonly key: string }

export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly body?: object
  /**
   * Longest wait for the answer, in milliseconds. @default 30000, since a server answers immediately, or after a write
   * to its disk
   */
  readonly answerMs?: number
}

/** Default path of a server's socket: in the private folder that the system creates for a user. */
export function defaultApiSocket(environment: Readonly<Record<string, string | undefined>>): string {
  const { XDG_RUNTIME_DIR: folder = '' } = environment
  return join(folder === '' ? '/run' : folder, 'linksocks', 'api.sock')
}

/** Parses the URL of the API. @throws UsageError for an invalid URL, or without a key */
export function readApiUrl(url: string, key: string | undefined): ApiPlace {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw new UsageError('--api is no http:// or https:// URL')
  if (key === undefined) throw new UsageError('--api needs --api-key (-k), the key that the server was started with')
  return { url: new URL(url), key }
}

/** Calls the API and returns the parsed answer. @throws Error with the reason that the server gives */
export async function callApi(
  place: ApiPlace,
  { method, path, body, answerMs = 30_000 }: ApiRequest,
): Promise<unknown> {
  const text = body === undefined ? '' : JSON.stringify(body)
  const answer = await send(place, { method, path, text, answerMs })
  const json = parse(answer.text)
  if (answer.status === 200 && !isFailure(json)) return json
  throw new Error(isFailure(json) ? json.error : `the API answers with status ${answer.status}`)
}

interface Sent {
  readonly method: string
  readonly path: string
  readonly text: string
  readonly answerMs: number
}

async function send(
  place: ApiPlace,
  { method, path, text, answerMs }: Sent,
): Promise<{ status: number; text: string }> {
  const length = { 'content-length': String(Buffer.byteLength(text)) }
  const request =
    'socketPath' in place
      ? requestHttp({ socketPath: place.socketPath, path, method, headers: { host: 'localhost', ...length } })
      : secureOrNot(place.url)(new URL(path, place.url), { method, headers: { 'x-api-key': place.key, ...length } })
  request.setTimeout(answerMs, () => request.destroy(new Error(`no answer within ${answerMs / 1000} s`)))
  try {
    request.end(text)
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    const chunks: Buffer[] = []
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk)
    return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }
  } catch (error) {
    throw new Error(unreachable(place, error), { cause: error })
  }
}

function secureOrNot({ protocol }: URL): typeof requestHttp {
  return protocol === 'https:' ? requestHttps : requestHttp
}

function unreachable(place: ApiPlace, error: unknown): string {
  if (!('socketPath' in place)) return `the API at ${place.url.origin} cannot be reached: ${messageOf(error)}`
  const cure = 'start the server with --api-socket, or give --api URL'
  return `the API socket ${place.socketPath} cannot be reached: ${messageOf(error)}; ${cure}`
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isFailure(json: unknown): json is { readonly error: string } {
  return typeof json === 'object' && json !== null && 'error' in json && typeof json.error === 'string'
}
