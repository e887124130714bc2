import { STATUS_CODES } from 'node:http'
import { HttpProxyError } from '../errors.js'
import { formatAuthority } from '../message/authority.js'
import { replyOfResponse } from '../reply.js'
import type { ResolvedProxyAddress } from './proxy-address.js'

/** A proxy's answer to CONNECT, from any version of HTTP. */
export interface ConnectResponse {
  readonly status: number
  /** Values of fields that explain a refusal. */
  readonly server: string | undefined
  readonly proxyStatus: string | undefined
}

/**
 * The error for a CONNECT that was not answered with 2xx; its text names the status, the program and the likely cure.
 */
export function responseError(response: ConnectResponse, proxy: ResolvedProxyAddress): HttpProxyError {
  const { status, server, proxyStatus } = response
  const program = server === undefined ? '' : ` (${server.slice(0, 80)})`
  const phrase = STATUS_CODES[status] ?? 'unknown status'
  const cure = hintFor(status, proxy)
  const text = `the proxy ${formatAuthority(proxy)}${program} answered ${status} ${phrase} to CONNECT${cure}`
  const code = status === 407 ? 'ERR_HTTP_PROXY_AUTH' : 'ERR_HTTP_PROXY_REFUSED'
  return new HttpProxyError(code, text, { status, reply: replyOfResponse(status, proxyStatus) })
}

function hintFor(status: number, { authorization }: ResolvedProxyAddress): string {
  if (status === 407)
    return authorization === undefined ? ': it requires a user name and a password' : ': wrong user name or password'
  if (status === 400 || status === 404 || status === 405 || status === 501)
    return ': is it a proxy that allows CONNECT?'
  if (status === 403) return ': it does not allow this target'
  return status >= 300 && status < 400 ? ': it redirects, as a web server or a login page does' : ''
}
