import type { Duplex } from 'node:stream'
import type { Dial } from '@ls/dial'
import { checkDurationMs, checkInteger, type Given } from '@ls/foundation'
import { HttpProxyError } from '../errors.js'
import { formatAuthority } from '../message/authority.js'
import type { ProxyStream } from './open-proxy.js'
import type { ResolvedProxyAddress } from './proxy-address.js'
import type { SharedSession } from './shared-session.js'

/** Limits of kept HTTP/2 connections. */
export interface Http2SessionsOptions {
  /** Proxies remembered; the one used longest ago is forgotten. @default 16 */
  readonly maxProxies?: number | undefined
  /** Concurrent connections to one proxy: a second opens when the first has no room. @default 4 */
  readonly maxSessionsPerProxy?: number | undefined
  /**
   * Tunnels on one connection, if the proxy does not allow fewer; one lost packet holds up all of them. @default 100
   */
  readonly maxTunnelsPerSession?: number | undefined
  /** How long a connection without tunnels is kept, in milliseconds. @default 60000 */
  readonly idleMs?: number | undefined
  /** How long a kept connection may take to answer a PING before it counts as dead, in milliseconds. @default 3000 */
  readonly pingMs?: number | undefined
}

/** Connections to a proxy with the same route are interchangeable. */
export interface ProxyRoute {
  readonly proxy: ResolvedProxyAddress
  readonly dial: Dial
}

/** A session or connection on which a tunnel can be opened. */
export type Lease =
  | { readonly protocol: 'h2'; readonly session: SharedSession; readonly reused: boolean }
  | { readonly protocol: 'http/1.1'; readonly stream: Duplex }

interface Entry extends ProxyRoute {
  readonly sessions: SharedSession[]
  /** The proxy's last choice; a proxy of HTTP/1.1 is dialled without waiting for others. */
  protocol: ProxyStream['protocol'] | undefined
  /** Settles when a connection with possible room is open, or has failed; never rejects. */
  opening: Promise<void> | undefined
}

/**
 * HTTP/2 connections to proxies, shared by many tunnels. A connection that was closed, announced its end (GOAWAY) or
 * died without notice is replaced; its open tunnels continue as long as the connection does.
 */
export class Http2Sessions {
  readonly #options: Readonly<Given<Http2SessionsOptions>>
  /** In order of use, the latest last; few enough to search. */
  readonly #entries: Entry[] = []

  /** @throws {RangeError} for options out of range. */
  constructor(options: Http2SessionsOptions = {}) {
    this.#options = {
      maxProxies: checkInteger('maxProxies', options.maxProxies ?? 16, 1),
      maxSessionsPerProxy: checkInteger('maxSessionsPerProxy', options.maxSessionsPerProxy ?? 4, 1),
      maxTunnelsPerSession: checkInteger('maxTunnelsPerSession', options.maxTunnelsPerSession ?? 100, 1),
      idleMs: checkDurationMs('idleMs', options.idleMs ?? 60_000),
      pingMs: checkDurationMs('pingMs', options.pingMs ?? 3000),
    }
  }

  /** Connections that take tunnels now. */
  get size(): number {
    return this.#entries.reduce((sum, { sessions }) => sum + sessions.length, 0)
  }

  /** Forgets every connection; each closes when its last tunnel does. */
  close(): void {
    for (const entry of this.#entries.splice(0)) retireAll(entry)
  }

  /**
   * @internal A session with room, or a fresh connection from `open`. Calls that come while one is being opened wait
   *   for it: it may have room for all of them.
   */
  async acquire(route: ProxyRoute, open: () => Promise<ProxyStream>, signal: AbortSignal): Promise<Lease> {
    const entry = this.#entryOf(route)
    for (;;) {
      signal.throwIfAborted()
      const session = entry.sessions.find(({ hasRoom }) => hasRoom)
      if (session !== undefined) return { protocol: 'h2', session, reused: true }
      if (entry.opening === undefined) break
      await entry.opening
    }
    this.#checkLimit(entry)
    const opened = this.#open(entry, open)
    if (entry.protocol !== 'http/1.1') this.#announce(entry, opened)
    return opened
  }

  async #open(entry: Entry, open: () => Promise<ProxyStream>): Promise<Lease> {
    // Node's HTTP/2 takes 1.2 MiB, which a process without such a proxy saves.
    const shared = await import('./shared-session.js')
    const { stream, protocol } = await open()
    entry.protocol = protocol
    if (protocol === 'http/1.1') return { protocol, stream }
    const session = new shared.SharedSession(stream, formatAuthority(entry.proxy), this.#options, (retired) => {
      const at = entry.sessions.indexOf(retired)
      if (at >= 0) entry.sessions.splice(at, 1)
    })
    // An entry that was removed meanwhile keeps no session: it would never be found again.
    if (this.#entries.includes(entry)) entry.sessions.push(session)
    return { protocol, session, reused: false }
  }

  #announce(entry: Entry, opened: Promise<unknown>): void {
    const settled = (): void => {
      entry.opening = undefined
    }
    entry.opening = opened.then(settled, settled)
  }

  #checkLimit({ proxy, sessions }: Entry): void {
    const { maxSessionsPerProxy } = this.#options
    if (sessions.length < maxSessionsPerProxy) return
    const text = `all ${maxSessionsPerProxy} HTTP/2 connections to the proxy ${formatAuthority(proxy)} are full`
    throw new HttpProxyError('ERR_HTTP_PROXY_BUSY', text, { reply: 'failed' })
  }

  #entryOf(route: ProxyRoute): Entry {
    const at = this.#entries.findIndex((entry) => isSameRoute(entry, route))
    const found = at < 0 ? undefined : this.#entries.splice(at, 1)[0]
    const entry = found ?? { ...route, sessions: [], protocol: undefined, opening: undefined }
    this.#entries.push(entry)
    const oldest = this.#entries.length > this.#options.maxProxies ? this.#entries.shift() : undefined
    if (oldest !== undefined) retireAll(oldest)
    return entry
  }
}

/** TLS options and dial are compared by identity: callers with their own share with no others. */
function isSameRoute(a: ProxyRoute, b: ProxyRoute): boolean {
  return (
    a.proxy.host === b.proxy.host && a.proxy.port === b.proxy.port && a.proxy.tls === b.proxy.tls && a.dial === b.dial
  )
}

function retireAll({ sessions }: Entry): void {
  // Each removes itself from the list.
  for (const session of Array.from(sessions)) session.retire()
}
