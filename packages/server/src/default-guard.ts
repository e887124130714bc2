import { type GuardLevel, isLoopback, parseListenAddress } from '@ls/relay'

/**
 * The guard of a server that names none: strangers come where a port is not on loopback.
 *
 * @param host As of the WebSocket port; a UNIX socket is for this machine.
 * @param places Proxy ports of the server itself, and others that clients are to be kept from.
 * @param exposeHost Where ports for providers are opened. @default as `host`
 * @throws RangeError for a place to listen that cannot be
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
