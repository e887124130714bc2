import { isLoopback } from '@ls/foundation'
import { type GuardLevel, parseListenAddress } from '@ls/relay'

/**
 * Guard of a server whose options set none: strangers can connect where a port is not on loopback.
 *
 * @param host Host of the WebSocket port; a UNIX socket is local.
 * @param places Proxy ports of the server itself, and other ports that `guard` closes to clients.
 * @param exposeHost Host of the ports that are opened for providers. @default as `host`
 * @throws RangeError for an invalid place to listen
 */
export function defaultGuard(host: string, places: readonly string[] = [], exposeHost?: string): GuardLevel {
  const hosts = [host.startsWith('unix:') ? undefined : host, ...places.map(hostOf), exposeHost]
  return hosts.every((each) => each === undefined || isLoopback(each)) ? 'none' : 'local'
}

function hostOf(place: string): string | undefined {
  const address = parseListenAddress(place)
  if ('path' in address) return undefined
  return 'webSocket' in address ? address.webSocket.host : address.host
}
