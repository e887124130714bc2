import type { Duplex } from 'node:stream'
import type { ConnectionOptions as TlsOptions } from 'node:tls'
import type { Address } from '@ls/codec'
import { type Dial, type NameResolver, serverResolver } from '@ls/dial'
import { isReplyWord } from '@ls/foundation'
import { HttpProxyError } from '@ls/http-proxy'
import { connect as connectHttp } from '@ls/http-proxy/node'
import { type ClientVersion, SocksError } from '@ls/socks5'
import { connect as connectSocks } from '@ls/socks5/node'
import { abortSignalOf } from '../cancellation.js'
import { RelayError } from '../errors.js'
import { defaultConnectTimeoutMs, dial, type DialOptions } from '../outbound/dial.js'
import { resolveIpv4 } from '../outbound/resolve-ipv4.js'
import { fillSource, type UpstreamHeaders } from './upstream-headers.js'
import { speaksHttp, type Upstream } from './upstream.js'
import { type DialWebSocket, overWebSocket, type WebSocketHop } from './web-socket-hop.js'

/** Options for all proxies of a chain. */
export interface UpstreamOptions {
  /** Further header fields for HTTP proxies, with `{source}` and `{target}`. @default none */
  readonly headers?: UpstreamHeaders | undefined
  /** TLS options for `https://` and `wss+…` proxies, for instance your own `ca`. @default what Node trusts */
  readonly tls?: TlsOptions | undefined
  /**
   * Resolves the names of proxies. @default `serverResolver` of `@ls/dial`, which never waits behind lookups of targets
   */
  readonly proxyResolver?: NameResolver | undefined
  /** Opens the WebSocket to `ws+…` and `wss+…` proxies, which require it. */
  readonly dialWebSocket?: DialWebSocket | undefined
}

/** Connects to a target. */
export type Dialler = (target: Address, options: DialOptions) => Promise<Duplex>

/**
 * Creates a dialler that connects directly, or through each upstream in turn. Create it once: HTTP/2 connections to
 * proxies are shared per dialler.
 *
 * @throws TypeError for an upstream inside a WebSocket without `dialWebSocket`
 */
export function diallerThrough(upstreams: readonly Upstream[], options: UpstreamOptions = {}): Dialler {
  if (upstreams.length === 0) return dial
  const reach = upstreams.reduce<Dialler>((before, upstream) => through(upstream, before, options), dial)
  return async (target, dialOptions) => {
    const { timeoutMs = defaultConnectTimeoutMs } = dialOptions
    return reach(target, { ...dialOptions, timeoutMs })
  }
}

function through(upstream: Upstream, before: Dialler, options: UpstreamOptions): Dialler {
  const { proxyResolver: resolver = serverResolver } = options
  // Rules apply to the target: no `check` blocks a proxy.
  const dialNext: Dial = (proxy, { signal }) => before(proxy, { signal, resolver })
  const dialProxy =
    upstream.webSocket === undefined ? dialNext : throughWebSocket(upstream.webSocket, dialNext, options)
  return speaksHttp(upstream) ? throughHttp(upstream, dialProxy, options) : throughSocks(upstream, dialProxy)
}

function throughWebSocket(hop: WebSocketHop, dialNext: Dial, options: UpstreamOptions): Dial {
  const { dialWebSocket, tls = {} } = options
  if (dialWebSocket !== undefined) return overWebSocket(hop, dialNext, dialWebSocket, tls)
  throw new TypeError(
    `the upstream proxy at ${hop.url.host} is reached through a WebSocket, which needs \`dialWebSocket\``,
  )
}

function throughHttp(upstream: Upstream, dialProxy: Dial, { headers = {}, tls = {} }: UpstreamOptions): Dialler {
  const { protocol, host, port, username, password } = upstream
  // One object for all tunnels: HTTP/2 connections are shared by the identity of their TLS options.
  const proxy = { host, port, tls: protocol === 'https' && tls, username, password }
  return async (target, { signal, timeoutMs, source }) => {
    const limits = {
      signal: signal === undefined ? undefined : abortSignalOf(signal),
      timeoutMs,
    }
    try {
      return await connectHttp({ proxy, target, dial: dialProxy, headers: fillSource(headers, source), ...limits })
    } catch (error) {
      throw upstreamError(error)
    }
  }
}

function throughSocks({ protocol, webSocket: _webSocket, ...proxy }: Upstream, dialProxy: Dial): Dialler {
  const version = socksVersions[protocol]
  return async (target, options) => {
    const { signal, timeoutMs } = options
    // SOCKS4 cannot carry a name (4a can), so names are resolved here.
    const reachable = version === '4' ? await resolveIpv4(target, options) : target
    try {
      return await connectSocks<Duplex>({
        proxy: { ...proxy, version },
        target: reachable,
        signal: signal && abortSignalOf(signal),
        timeoutMs,
        dial: dialProxy,
      })
    } catch (error) {
      throw upstreamError(error)
    }
  }
}

/** Converts an error of a proxy, or of the path to it, to the words of protocol.md §4. */
export function upstreamError(error: unknown): Error {
  if (!(error instanceof SocksError) && !(error instanceof HttpProxyError)) return error as Error
  const timedOut = error.code === 'ERR_SOCKS_TIMEOUT' || error.code === 'ERR_HTTP_PROXY_TIMEOUT'
  const word = isReplyWord(error.reply) ? error.reply : timedOut ? 'timeout' : 'failed'
  return new RelayError({ word, detail: error.message }, { cause: error })
}

const socksVersions: Partial<Record<Upstream['protocol'], ClientVersion>> = { socks4: '4', socks4a: '4a' }
