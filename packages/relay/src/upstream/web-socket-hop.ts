import type { Duplex } from 'node:stream'
import type { ConnectionOptions as TlsOptions } from 'node:tls'
import { parseEarlyDataBytes } from '@ls/codec'
import type { Dial } from '@ls/dial'

/** WebSocket that leads to a proxy, one for each connection, as V2Ray and Xray do. */
export interface WebSocketHop {
  /** URL, `ws:` or `wss:`, with path and query. */
  readonly url: URL
  /** Most bytes of early data in the upgrade; 0 for none. */
  readonly earlyDataBytes: number
  /** Host field of the upgrade. @default the TLS server name, else that of the URL */
  readonly hostHeader: string | undefined
  /** TLS server name. @default the host of the URL */
  readonly serverName: string | undefined
}

/**
 * Opens a byte stream over WebSocket; `connectByteStream` of the transport package is one. Relay does not depend on
 * transport, which is on the same layer.
 */
export type DialWebSocket = (options: {
  readonly url: URL
  readonly earlyDataBytes: number
  readonly headers: Readonly<Record<string, string>>
  readonly tls: TlsOptions
  readonly dial: Dial
  readonly signal: AbortSignal
}) => Promise<Duplex>

/**
 * Parses the part of a `ws+…` URL after the host. `ed=2048`, `host=` and `sni=` are local parameters and are not sent.
 *
 * @param url Scheme, host and port are used unchanged; account and fragment are dropped.
 * @throws RangeError naming the parameter and the limit
 */
export function parseWebSocketHop(scheme: 'ws' | 'wss', url: URL, proxy: string): WebSocketHop {
  const { searchParams } = url
  const take = (name: string): string | undefined => {
    const value = searchParams.get(name)
    // Deleting rewrites the whole query, so it is done only if needed.
    if (value !== null) searchParams.delete(name)
    return value ?? undefined
  }
  const earlyDataBytes = parseEarlyDataBytes(take('ed'), proxy) ?? 0
  const hostHeader = take('host')
  const serverName = take('sni')
  if (serverName !== undefined && scheme === 'ws') throw new RangeError(`${proxy} has sni=, but ws:// is without TLS`)
  if (hostHeader !== undefined && !/^[\w.:[\]-]+$/.test(hostHeader)) {
    throw new RangeError(`${proxy} has host=, but its value is no host name`)
  }
  const address = `${scheme}://${url.host}${url.pathname}${url.search}`
  if (!URL.canParse(address)) throw new RangeError(`${proxy} has a host that a WebSocket cannot have`)
  return {
    url: new URL(address),
    earlyDataBytes,
    hostHeader,
    serverName,
  }
}

/** Connects to a proxy through a WebSocket to `hop`; `dialProxy` opens the connection below it. */
export function overWebSocket(hop: WebSocketHop, dialProxy: Dial, dialWebSocket: DialWebSocket, tls: TlsOptions): Dial {
  const { url, earlyDataBytes, hostHeader, serverName } = hop
  const fixed = {
    url,
    earlyDataBytes,
    headers: hostHeader === undefined ? {} : { Host: hostHeader },
    tls: serverName === undefined ? tls : { ...tls, servername: serverName },
    dial: dialProxy,
  }
  return (_proxy, { signal }) => dialWebSocket({ ...fixed, signal })
}
