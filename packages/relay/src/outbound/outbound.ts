import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { ConnectionOptions as TlsOptions } from 'node:tls'
import type { Address } from '@ls/codec'
import { discardStream, type DnsOptions, type NameResolver, type Resolvers, resolversFor } from '@ls/dial'
import {
  checkDurationMs,
  checkInteger,
  Histogram,
  latencyBoundsMs,
  type Logger,
  RareLog,
  loggerOfPart,
  systemClock,
  textOf,
} from '@ls/foundation'
import type { Channel } from '@ls/mux'
import { Canceller } from '../cancellation.js'
import type { ChannelSlots } from '../channel-slots.js'
import { type Pace, pacedPump } from '../copy/paced-channel.js'
import { checkPayloadOptions, type PayloadOptions } from '../copy/payload-options.js'
import { timedResolver } from '../counts/timed-resolver.js'
import { RelayError } from '../errors.js'
import { failureOf, formatFailure } from '../failure.js'
import { watchSocket } from '../open-sockets.js'
import { openProbe } from '../probe/probe-target.js'
import { AccessPolicy } from '../rules/access-policy.js'
import { parseAccessRules } from '../rules/access-rules.js'
import { Guard, type GuardOptions } from '../rules/guard.js'
import { parseRoutes, type Routes } from '../rules/routes.js'
import type { TargetCheck } from '../rules/target-check.js'
import { formatTarget, parseTarget, type CheckedTarget } from '../target.js'
import { beginSpan, type ConnectionSpan, step } from '../trace/spans.js'
import { guardRefusal, serveUdp, type UdpOptions } from '../udp/udp.js'
import { diallerByRoute, type TargetDialler } from '../upstream/dial-by-route.js'
import { checkProxyHeaderVersion, encodeProxyHeader, type ProxyHeaderVersion } from '../upstream/proxy-header.js'
import { checkUpstreamHeaders, type UpstreamHeaders } from '../upstream/upstream-headers.js'
import { parseUpstream } from '../upstream/upstream.js'
import type { DialWebSocket } from '../upstream/web-socket-hop.js'

export interface OutboundOptions extends PayloadOptions, GuardOptions {
  /** Descriptor limit for clients without their own. @default unlimited */
  readonly slots?: ChannelSlots | undefined
  /** Receives the log. @default silent */
  readonly logger?: Logger | undefined
  /**
   * Proxies to use, each reached through the one before; URLs such as `socks5://user:pass@host:1080`, or
   * `wss+socks5://host/path` for SOCKS5 inside a WebSocket.
   */
  readonly upstreamProxies?: readonly string[] | undefined
  /**
   * Exceptions from `upstreamProxies`, `PATTERN=direct`, `PATTERN=reject` or `PATTERN=URL`; the first match counts.
   * @default none
   */
  readonly routes?: readonly string[] | undefined
  /** Further header fields for HTTP proxies; `{source}` and `{target}` in a value are replaced. @default none */
  readonly upstreamHeaders?: UpstreamHeaders | undefined
  /** TLS options for `https://` and `wss+…` proxies, for instance your own `ca`. @default what Node trusts */
  readonly upstreamTls?: TlsOptions | undefined
  /** Opens the WebSocket to `ws+…` and `wss+…` proxies, which require it. @default none */
  readonly dialWebSocket?: DialWebSocket | undefined
  /**
   * PROXY protocol header that is sent first to each TCP target, with the client's address if known, and port 0. The
   * target must expect the header. @default none
   */
  readonly sendProxy?: ProxyHeaderVersion | undefined
  /** Allowed targets, `ADDR:PORT`. @default all */
  readonly accessRules?: readonly string[] | undefined
  /** Time to connect to a target, in milliseconds. @default 10000 */
  readonly connectTimeoutMs?: number | undefined
  /** How names are resolved. @default as the system does */
  readonly dns?: DnsOptions | undefined
  /** Limits of UDP flows. @default those of {@link UdpOptions} */
  readonly udp?: UdpOptions | undefined
}

/** Checks times here: the owner should see a mistake immediately, not with the first channel. */
function checkTimes({ connectTimeoutMs, udp = {} }: OutboundOptions): void {
  if (connectTimeoutMs !== undefined) checkDurationMs('connectTimeoutMs', connectTimeoutMs)
  if (udp.idleMs !== undefined) checkDurationMs('udp.idleMs', udp.idleMs)
  if (udp.maxResolving !== undefined) checkInteger('udp.maxResolving', udp.maxResolving, 1)
}

/** The client for which a channel is served. */
export interface ServedClient {
  /** Its address, for `{source}` in `upstreamHeaders` and for `sendProxy`. @default unknown */
  readonly source?: string
  /** Descriptor limit for the channel. @default that of the options */
  readonly slots?: ChannelSlots
  /** Tenant of the channel, by identity: lookups of one tenant do not delay those of another. @default none */
  readonly tenant?: unknown
  /** Rules for targets of this client, in addition to the rules for all. @default all targets */
  readonly rules?: TargetCheck | undefined
  /** Rates of this client's traffic: connections wait, datagrams are dropped. @default no limit */
  readonly pace?: Pace | undefined
  /** Called when datagrams of this client are dropped for their rate. @default none */
  readonly onDropped?: ((reason: string) => void) | undefined
  /** Called with the reason when a rule, but not the guard, forbids a target of this client. @default none */
  readonly onForbidden?: ((reason: string) => void) | undefined
}

/** The half that reaches targets: answers Connect, dials, and joins the socket and the channel. */
export class Outbound {
  /** Time of successful dials, in milliseconds. */
  readonly dialMs = new Histogram(latencyBoundsMs)
  /** Time of name lookups that needed a query, in milliseconds. */
  readonly lookupMs = new Histogram(latencyBoundsMs)
  readonly #options: OutboundOptions
  readonly #routes: Routes
  readonly #dial: TargetDialler
  readonly #policy: AccessPolicy
  readonly #resolvers: Resolvers
  /** Resolver for names of targets, with measurement. */
  readonly #targets: NameResolver
  readonly #logger: Logger
  readonly #rareLog: RareLog

  /**
   * @throws RangeError when an upstream, a route, a header, an access rule, a guard, a name server, a time or a payload
   * option is not valid; TypeError for an upstream inside a WebSocket without `dialWebSocket`
   */
  constructor(options: OutboundOptions = {}) {
    const { upstreamProxies = [], routes = [], accessRules = [] } = options
    const { upstreamHeaders = {}, upstreamTls = {}, dialWebSocket } = options
    checkPayloadOptions(options)
    checkProxyHeaderVersion(options.sendProxy)
    checkTimes(options)
    this.#options = options
    this.#routes = parseRoutes(routes, upstreamProxies.map(parseUpstream))
    this.#resolvers = resolversFor(options.dns)
    this.#targets = timedResolver(this.#resolvers.targets, this.lookupMs)
    this.#logger = loggerOfPart(options.logger, 'relay')
    this.#rareLog = new RareLog(systemClock, this.#logger)
    const headers = checkUpstreamHeaders(upstreamHeaders)
    const guard = new Guard(options)
    this.#policy = new AccessPolicy({ rules: parseAccessRules(accessRules), routes: this.#routes, guard })
    this.#dial = diallerByRoute(this.#routes, this.#policy, {
      headers,
      tls: upstreamTls,
      dialWebSocket,
      proxyResolver: this.#resolvers.servers,
      rareLog: this.#rareLog,
    })
  }

  /** Serves a channel that a peer opened; the outbound owns it from then on. */
  serve(channel: Channel, asker: ServedClient = {}): void {
    const { admission } = channel
    if (!admission.mustWait) return this.#serveNow(channel, asker)
    const giveUp = admission.wait((refusal) => {
      if (refusal === undefined) this.#serveNow(channel, asker)
      else channel.reject(formatFailure({ word: 'busy', detail: refusal }))
    })
    channel.setHandler({ onClose: giveUp })
  }

  #serveNow(channel: Channel, asker: ServedClient): void {
    const release = takeSlot(asker.slots ?? this.#options.slots)
    if (release instanceof RelayError) return channel.reject(release.message)
    if (channel.protocol === 'udp') return void this.#serveUdp(channel, asker, release)
    const target = targetOf(channel)
    if (target instanceof RelayError) {
      release()
      return channel.reject(target.message)
    }
    void this.#serveTcp(channel, target, asker, release)
  }

  async #serveUdp(
    channel: Channel,
    { tenant, rules, pace, onDropped }: ServedClient,
    release: () => void,
  ): Promise<void> {
    const { udp, connectTimeoutMs } = this.#options
    await serveUdp(channel, {
      resolver: this.#targets,
      ...udp,
      tenant,
      proxyResolver: this.#resolvers.servers,
      connectTimeoutMs,
      policy: this.#policyFor(rules),
      routes: this.#routes,
      logger: this.#logger,
      rareLog: this.#rareLog,
      span: beginSpan({ name: 'linksocks.exit', traceparent: channel.traceparent }),
      pace,
      onDropped,
      onClosed: release,
    })
  }

  async #serveTcp(channel: Channel, target: CheckedTarget, asker: ServedClient, release: () => void): Promise<void> {
    const { source, tenant, rules } = asker
    const probe = openProbe(target, source)
    if (probe !== undefined) return this.#join(channel, probe.once('close', release), asker)
    const dialling = new Canceller()
    channel.setHandler({ onClose: ({ error }) => dialling.abort(new Error(error)) })
    const { traceparent } = channel
    const span = beginSpan({ name: 'linksocks.exit', target, traceparent })
    const startedAtMs = performance.now()
    let socket: Duplex
    try {
      socket = await step(span, 'linksocks.dial', () =>
        this.#dial(target, {
          signal: dialling,
          resolver: this.#targets,
          tenant,
          policy: this.#policyFor(rules),
          source,
          timeoutMs: this.#options.connectTimeoutMs,
        }),
      )
    } catch (error) {
      span?.end(textOf(error))
      // The sockets of the dial stay in memory until the turn ends: a turn may bring thousands of channels that end.
      if (dialling.aborted) return void setImmediate(release)
      release()
      const failure = failureOf(error, formatTarget(target))
      this.#logger.debug({ target: formatTarget(target), reason: failure.word }, formatFailure(failure))
      if (failure.byGuard === true) this.#rareLog.warn(guardRefusal, failure.detail)
      else if (failure.word === 'forbidden') asker.onForbidden?.(failure.detail)
      return channel.reject(formatFailure(failure))
    }
    socket.once('close', release)
    if (dialling.aborted) {
      span?.end('the connection is no longer wanted')
      return discardStream(socket)
    }
    watchSocket(socket)
    const ms = performance.now() - startedAtMs
    this.dialMs.add(ms)
    this.#logger.debug({ target: formatTarget(target), ms: Math.round(ms) }, 'target reached')
    const { sendProxy } = this.#options
    if (sendProxy !== undefined)
      socket.write(encodeProxyHeader(sendProxy, sourceOf(source), this.#reached(socket, target)))
    this.#join(channel, socket, asker, span)
  }

  #join(channel: Channel, socket: Duplex, { pace }: ServedClient, span?: ConnectionSpan): void {
    const pump = pacedPump(socket, channel, this.#options, pace)
    channel.setHandler(span?.watch(pump, channel) ?? pump)
    channel.accept()
    channel.resume()
  }

  #policyFor(rules: TargetCheck | undefined): AccessPolicy {
    return rules === undefined ? this.#policy : this.#policy.narrowedBy(rules)
  }

  /** Address that was dialled; through an upstream, the address that the proxy was given. */
  #reached(socket: Duplex, target: CheckedTarget): Address {
    const isDirect = this.#routes.exitFor(target).kind === 'direct' && socket instanceof Socket
    const host = isDirect ? socket.remoteAddress : undefined
    return host === undefined ? target : { host, port: target.port }
  }
}

/** Takes a descriptor slot: returns a function that releases it, or the error if there is none. */
function takeSlot(slots: ChannelSlots | undefined): (() => void) | RelayError {
  try {
    return slots?.take() ?? (() => {})
  } catch (error) {
    if (error instanceof RelayError) return error
    throw error
  }
}

function targetOf({ address }: Channel): CheckedTarget | RelayError {
  return address === undefined
    ? new RelayError({ word: 'failed', detail: 'Connect names no target' })
    : parseTarget(address)
}

/**
 * Source address for the PROXY header. A server knows only its client's address: the port is that of a link shared by
 * many connections.
 */
function sourceOf(host: string | undefined): Address | undefined {
  return host === undefined ? undefined : { host, port: 0 }
}
