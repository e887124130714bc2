import { formatHostPort } from '@ls/foundation'
import { HttpProxyError } from '@ls/http-proxy'
import { SocksError } from '@ls/socks5'
import type { Exit } from '../rules/routes.js'
import type { Upstream } from '../upstream/upstream.js'

/** Text for the operator if the proxy itself is at fault, and not the target; otherwise undefined. */
export function upstreamFault(error: unknown, exit: Exit): string | undefined {
  const { cause } = error as { cause?: unknown }
  const isProxyError = cause instanceof SocksError || cause instanceof HttpProxyError
  if (!isProxyError || exit.kind !== 'upstreams' || !faults.has(cause.code)) return undefined
  return `the upstream proxy ${exit.upstreams.map(nameOf).join(' → ')} cannot be used`
}

function nameOf({ protocol, host, port }: Upstream): string {
  return `${protocol}://${formatHostPort(host, port)}`
}

/** Errors that are not about the target. */
const faults = new Set<string>([
  'ERR_SOCKS_AUTH_REQUIRED',
  'ERR_SOCKS_AUTH_FAILED',
  'ERR_SOCKS_VERSION',
  'ERR_SOCKS_UNREACHABLE',
  'ERR_HTTP_PROXY_AUTH',
  'ERR_HTTP_PROXY_UNREACHABLE',
  'ERR_HTTP_PROXY_BAD_RESPONSE',
])
