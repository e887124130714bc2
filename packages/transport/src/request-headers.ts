import type { ClientTlsOptions } from './tls.js'
import { USER_AGENT } from './user-agent.js'
import { portOf } from './url.js'

/**
 * The headers of an upgrade: those given, and what a browser would send where nothing is given. `Host` is the configured
 * one, else the TLS server name, else the address, which the WebSocket writes by itself.
 */
export function requestHeaders(
  url: URL,
  headers: Readonly<Record<string, string>>,
  { servername = '' }: Pick<ClientTlsOptions, 'servername'>,
): Readonly<Record<string, string>> {
  const given = new Set(Object.keys(headers).map((name) => name.toLowerCase()))
  const named = url.protocol === 'wss:' && servername !== '' && !given.has('host')
  return {
    ...(named ? { Host: portOf(url) === 443 ? servername : `${servername}:${portOf(url)}` } : {}),
    ...(given.has('user-agent') ? {} : { 'User-Agent': USER_AGENT }),
    ...headers,
  }
}
