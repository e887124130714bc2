import type { Duplex } from 'node:stream'
import { type Dial, discardStream, type Target } from '@ls/dial'
import { checkDurationMs, checkInteger } from '@ls/foundation'
import { withDeadline } from '../deadline.js'
import { dialDirect } from '../dial-direct.js'
import { HttpProxyError } from '../errors.js'
import { checkTarget, formatAuthority } from '../message/authority.js'
import type { ConnectAttempt } from './connect-attempt.js'
import { requestTunnel } from './connect-h1.js'
import { fillHeaders } from './connect-headers.js'
import { Http2Sessions } from './http2-sessions.js'
import { openProxy } from './open-proxy.js'
import { resolveProxyAddress, type HttpProxyAddress } from './proxy-address.js'

/** Proxy, target and limits of a tunnel. */
export interface ConnectOptions {
  /** `http://` or `https://` (TLS to the proxy) `[user:password@]host[:port]`, or the same as an object. */
  readonly proxy: URL | string | HttpProxyAddress
  /** The target of the tunnel. */
  readonly target: Target
  /** First bytes for the target, sent as soon as the proxy accepts. */
  readonly head?: Uint8Array | undefined
  /** Further fields of the CONNECT request; `{target}` and `{source}` in a value become `host:port`. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Address of the client, for `{source}`. @default 'unknown' */
  readonly source?: Target | undefined
  /** Reaches the proxy itself, to chain proxies. @default TCP from this machine */
  readonly dial?: Dial | undefined
  /** Shared HTTP/2 connections; false offers the proxy HTTP/1.1 only. @default one for the process */
  readonly sessions?: Http2Sessions | false | undefined
  /**
   * Time for all steps together, in milliseconds: 10 s for the proxy to reach the target and 5 s for us. @default 15000
   */
  readonly timeoutMs?: number | undefined
  /** Largest response head, in bytes. @default 16384 */
  readonly maxHeadBytes?: number | undefined
  /** Gives up; the promise then rejects with its reason. */
  readonly signal?: AbortSignal | undefined
}

/** HTTP/2 connections that `connect` shares by default. */
export const sharedHttp2Sessions = new Http2Sessions()

/**
 * Opens a tunnel through an HTTP proxy: by HTTP/2 CONNECT if an `https://` proxy offers h2, else by HTTP/1.1. The
 * stream supports half-close as far as the proxy does. A failure appears as `close`, with `errored` set, even without a
 * listener for `error`.
 *
 * @throws {TypeError | RangeError} for options out of range.
 * @throws {HttpProxyError} with `code`, and with `status` and `reply` (protocol.md §4) where the proxy answered.
 * @example
 * ```ts
 * const target = { host: 'example.com', port: 443 }
 * const stream = await connect({ proxy: 'http://ann:secret@proxy.example:3128', target })
 * ```
 */
export async function connect(options: ConnectOptions): Promise<Duplex> {
  const proxy = resolveProxyAddress(options.proxy)
  const target = checkTarget(options.target, 'target')
  const headers = fillHeaders(options.headers ?? {}, target, options.source)
  const maxHeadBytes = checkInteger('maxHeadBytes', options.maxHeadBytes ?? 16_384, 256, 1_048_576)
  const limitMs = checkDurationMs('timeoutMs', options.timeoutMs ?? 15_000)
  const what = `the tunnel to ${formatAuthority(target)} through the proxy ${formatAuthority(proxy)}`
  const stream = await withDeadline(
    { what, limitMs, signal: options.signal },
    (signal) => openTunnel({ proxy, target, headers, maxHeadBytes, signal }, options),
    discardStream,
  )
  if (options.head !== undefined && options.head.length > 0) stream.write(options.head)
  return stream
}

async function openTunnel(attempt: ConnectAttempt, options: ConnectOptions): Promise<Duplex> {
  const { dial = dialDirect, sessions = sharedHttp2Sessions } = options
  const { proxy, signal } = attempt
  if (proxy.tls === undefined || sessions === false) {
    const { stream } = await openProxy(proxy, dial, ['http/1.1'], signal)
    return requestTunnel(stream, attempt)
  }
  for (;;) {
    const open = () => openProxy(proxy, dial, ['h2', 'http/1.1'], signal)
    const lease = await sessions.acquire({ proxy, dial }, open, signal)
    if (lease.protocol === 'http/1.1') return requestTunnel(lease.stream, attempt)
    try {
      return await lease.session.open(attempt, lease.reused)
    } catch (error) {
      // A kept session may be dead without notice: another one is tried, finally a fresh one.
      const mayRetry = lease.reused && error instanceof HttpProxyError && error.code === 'ERR_HTTP_PROXY_CLOSED'
      if (!mayRetry || signal.aborted) throw error
    }
  }
}
