import type { ClientTlsOptions } from './tls.js'
import { portOf } from './url.js'

/**
 * Returns the headers of an upgrade: the given ones, and a browser's where none are given. `Host` is the configured
 * one, otherwise the TLS server name, otherwise the address, which the WebSocket writes itself.
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
    ...(given.has('user-agent') ? {} : { 'User-Agent': userAgent }),
    ...headers,
  }
}

/**
 * Returns Chrome's User-Agent on `system`. Since version 101 browsers write the minor parts of their version as zeros,
 * so this names the release of autumn 2026 and no machine.
 */
export function chromeUserAgent(system: string): string {
  return `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36`
}

/** Default User-Agent: Chrome on Windows, the most common browser on the web. */
export const userAgent = chromeUserAgent('Windows NT 10.0; Win64; x64')
