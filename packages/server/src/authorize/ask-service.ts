import { Agent as HttpAgent, request as requestHttp, type RequestOptions } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { answerBody, answerTo } from '../port/answer-body.js'

/** The service answered, but the answer is invalid. */
export class InvalidAnswer extends Error {
  override readonly name = 'InvalidAnswer'
}

/**
 * Sends a JSON text and resolves with the answer's body. @throws InvalidAnswer for any status but 200;
 * RangeError for an answer that is too long; Error for no answer in time
 */
export type AskService = (body: string, timeoutMs: number) => Promise<string>

/**
 * Prepares requests to a URL. Connections stay open for the next request. @throws RangeError for a URL that is none of
 * the three kinds
 */
export function serviceAt(url: string, maxSockets: number): AskService {
  const unix = /^unix:(\/[^:]+)(?::(\/.*))?$/.exec(url)
  if (unix !== null) {
    const [, socketPath, path = '/'] = unix
    const agent = new HttpAgent({ keepAlive: true, maxSockets })
    return (body, timeoutMs) => post(requestHttp, { socketPath, path, agent, host: 'localhost' }, body, timeoutMs)
  }
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) {
    throw new RangeError('authorize.url must be http://…, https://… or unix:/path')
  }
  const { protocol, hostname, port, pathname, search, username, password } = new URL(url)
  const isSecure = protocol === 'https:'
  const agent = new (isSecure ? HttpsAgent : HttpAgent)({ keepAlive: true, maxSockets })
  const auth = username === '' ? undefined : `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  // URLs have IPv6 addresses in brackets; sockets need them without.
  const place = { hostname: hostname.replace(/^\[(.*)\]$/, '$1'), port, path: pathname + search, agent, auth }
  return (body, timeoutMs) => post(isSecure ? requestHttps : requestHttp, place, body, timeoutMs)
}

async function post(send: typeof requestHttp, place: RequestOptions, body: string, timeoutMs: number): Promise<string> {
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }
  // The deadline covers the whole answer: a service that sends a byte now and then must not block a client forever.
  const signal = AbortSignal.timeout(timeoutMs)
  const asked = send({ ...place, method: 'POST', headers, signal })
  try {
    asked.end(body)
    const response = await answerTo(asked)
    const text = await answerBody(response, maxAnswerBytes)
    if (response.statusCode !== 200) throw new InvalidAnswer(`it answers with status ${response.statusCode}`)
    return text
  } catch (error) {
    if (signal.aborted) throw new Error(`no answer within ${timeoutMs / 1000} s`, { cause: error })
    throw error
  }
}

/** Limit of an answer, in bytes. A verdict has less than 100. */
const maxAnswerBytes = 65_536
