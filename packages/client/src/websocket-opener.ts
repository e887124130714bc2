import { resolversFor } from '@ls/dial'
import type { LinkOpener } from '@ls/link'
import { connect, formatAuthQuery, parseServerUrl, requestPathOf, splitEarlyData } from '@ls/transport'
import type { ResolvedClientOptions } from './options/resolve-options.js'
import type { ServerDial } from './server-dial.js'

/** Options of {@link webSocketOpener}. */
export interface WebSocketOpenerOptions {
  readonly options: ResolvedClientOptions
  /** Id of this process, 16 bytes, the same for all its links. */
  readonly instance: Uint8Array
  /** How to reach the server, if not by plain TCP. */
  readonly serverDial: ServerDial
}

/**
 * Opens the WebSockets of links, with the data for the server in the query.
 *
 * @throws TransportError ERR_TRANSPORT_BAD_URL when the server's URL is not one
 */
export function webSocketOpener({ options, instance, serverDial }: WebSocketOpenerOptions): LinkOpener {
  const { reverse, extensions } = options
  const { url, earlyDataBytes = options.earlyDataBytes ?? 0 } = splitEarlyData(parseServerUrl(options.url))
  // The query is for `/socket`, the path of deployed servers. On other paths, and for servers that take early data,
  // the token stays out of URLs and their logs.
  const byQuery = isSocketPath(requestPathOf(url)) && earlyDataBytes === 0
  const { servers: resolver } = resolversFor(options.dns)
  return {
    // A URL may also contain the hash of a token itself.
    authenticated: byQuery || url.searchParams.has('token'),
    earlyData: earlyDataBytes > 0,
    open({ token, resume, firstMessages, signal }) {
      const identity = byQuery ? { token, reverse, instance } : {}
      const address = formatAuthQuery(url, { ...identity, extensions, resume })
      return (options.connect ?? connect)({
        resolver,
        ...connectOptions(options, serverDial(address)),
        firstMessages,
        earlyDataBytes,
        url: address,
        signal,
      })
    },
  }
}

function connectOptions(options: ResolvedClientOptions, dial: ReturnType<ServerDial>) {
  const { logger, heartbeat, proxyFromEnvironment, transport } = options
  return {
    ...transport,
    dial: dial ?? transport?.dial,
    logger,
    heartbeat: heartbeat ?? transport?.heartbeat,
    proxyFromEnvironment: proxyFromEnvironment ?? transport?.proxyFromEnvironment,
  }
}

function isSocketPath(path: string): boolean {
  return path === '/socket' || path === '/socket/'
}
