import { request as httpRequest, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { text } from 'node:stream/consumers'
import type { Snapshot } from '@ls/foundation'
import { parseListenAddress } from '@ls/relay'
import { defaultApiSocket } from '../api/api-call.js'
import { UsageError } from '../errors.js'
import { exitCode, type ExitCode } from '../exit-code.js'
import { statusLines } from '../observe/status-lines.js'
import { asUsage } from '../options/check-settings.js'
import type { Settings } from '../settings.js'
import type { CommandContext } from './context.js'

/** Shows the status of a running program. Ends with 0 when it is ready, with 1 when it is not or does not answer. */
export async function runStatus(
  place: string | undefined,
  settings: Settings<'status'>,
  { print, stop }: Pick<CommandContext, 'print' | 'stop'>,
): Promise<ExitCode> {
  const question = questionOf(place ?? settings.api ?? settings.metrics, settings)
  const snapshot = await askFor(question, stop)
  if (settings.json) print(JSON.stringify(snapshot))
  else for (const line of statusLines(snapshot)) print(line)
  return snapshot.readiness.ready ? exitCode.ok : exitCode.failure
}

interface Question extends RequestOptions {
  /** Address, for people. */
  readonly place: string
  readonly secure: boolean
  /** What to do when nothing answers there. */
  readonly cure?: string
}

/** Prepares the request. @throws UsageError for an invalid address */
function questionOf(
  place: string | undefined,
  { apiKey, apiSocket = 'default' }: Pick<Settings<'status'>, 'apiKey' | 'apiSocket'>,
): Question {
  if (place === undefined) return socketQuestion(apiSocket === 'default' ? defaultApiSocket(process.env) : apiSocket)
  if (/^https?:/i.test(place)) return apiQuestion(place, apiKey)
  const address = asUsage('status', () => parseListenAddress(place))
  if ('webSocket' in address) throw new UsageError('status uses HTTP: write http:// or https://')
  const way = 'path' in address ? { socketPath: address.path } : { host: address.host, port: address.port }
  return { ...way, path: '/status', headers: { host: 'localhost' }, secure: false, place }
}

/** Request to the API of a server on this machine, as in `top`. */
function socketQuestion(socketPath: string): Question {
  const place = `the API socket ${socketPath}`
  const cure = '; start the server with --api-socket, or give the address of --metrics, or a URL with --api-key'
  return { socketPath, path: '/api/snapshot', headers: { host: 'localhost' }, secure: false, place, cure }
}

function apiQuestion(place: string, apiKey: string | undefined): Question {
  if (!URL.canParse(place)) throw new UsageError(`status: "${place}" is no URL`)
  if (apiKey === undefined) throw new UsageError('status uses the API of a server at a URL, which needs --api-key (-k)')
  const { protocol, hostname, port } = new URL(place)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const headers = { 'x-api-key': apiKey }
  return {
    host,
    port: port === '' ? undefined : port,
    path: '/api/snapshot',
    headers,
    secure: protocol === 'https:',
    place,
  }
}

/** Sends the request. @throws Error that names the address, without an answer or if the answer is no snapshot */
async function askFor(question: Question, stop: AbortSignal): Promise<Snapshot> {
  const { place, secure, cure = '', ...options } = question
  const signal = AbortSignal.any([stop, AbortSignal.timeout(answerTimeoutMs)])
  const { status, body } = await new Promise<{ status: number; body: string }>((resolve, reject) => {
    const sent = (secure ? httpsRequest : httpRequest)({ ...options, signal, agent: false })
    sent.once('error', reject)
    sent.once('response', (response) => {
      text(response).then((all) => resolve({ status: response.statusCode ?? 0, body: all }), reject)
    })
    sent.end()
  }).catch((error: unknown) => {
    throw new Error(`${place} does not answer: ${(error as Error).message}${cure}`, { cause: error })
  })
  // The address may be the socket of an API, as `top` accepts it.
  if (status === 404 && options.path === '/status') return askFor({ ...question, path: '/api/snapshot' }, stop)
  if (status === 401) throw new Error(`${place} does not accept this API key`)
  if (status !== 200) throw new Error(`${place} answers ${status}: ${body.trim().slice(0, maxShownChars)}`)
  return readSnapshot(body, place)
}

function readSnapshot(body: string, place: string): Snapshot {
  try {
    const snapshot = JSON.parse(body) as Partial<Snapshot>
    if (typeof snapshot.readiness?.ready === 'boolean') return snapshot as Snapshot
  } catch {
    // Reported below.
  }
  throw new Error(`${place} answers something that is not the status of linksocks`)
}

/** Timeout for the answer, in milliseconds: a program that takes longer is stuck. */
const answerTimeoutMs = 5000

/** Most characters shown of a foreign answer, enough to recognize its program. */
const maxShownChars = 200
