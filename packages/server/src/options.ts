import { defaultWindowBytes, type Extension, extensions } from '@ls/codec'
import {
  checkDurationMs,
  checkInteger,
  checkOptionNames,
  type Clock,
  type Logger,
  maxPort,
  type OptionNames,
  silentLogger,
  systemClock,
  type Given,
} from '@ls/foundation'
import { checkKeepaliveTiming, checkSessionOptions, PendingConnections } from '@ls/mux'
import type { LoadDashboard } from '@ls/observe/http'
import {
  ChannelSlots,
  type GuardLevel,
  type InboundOptions,
  type OutboundOptions,
  type PayloadOptions,
  type UdpOptions,
} from '@ls/relay'
import {
  AllowedOrigins,
  type CertificateFiles,
  type ClientAddressHeader,
  parseTrustedProxies,
  type ServerTlsOptions,
} from '@ls/transport'
import type { AuthorizeOptions } from './authorize/authorize-options.js'
import { defaultGuard } from './default-guard.js'
import { descriptorLimit, shareDescriptors } from './descriptor-limit.js'
import { HostPatterns } from './expose/hosts/host-patterns.js'
import { PortRanges } from './expose/port-ranges.js'
import { parseFallback } from './fallback/fallback.js'
import type { SessionOwners } from './handover/session-owners.js'
import type { ConnectionRecord } from './life/connection-record.js'
import type { OtherNodes } from './nodes/other-nodes.js'
import { optionNames } from './option-names.js'
import type { PolicyOptions } from './policy/policy-options.js'
import { Policy } from './policy/policy.js'
import { type RelayOptions, type ResolvedRelayOptions, resolveRelayOptions } from './relay-mode/relay-options.js'
import type { ServerState } from './state/server-state.js'

/** The configuration of a program, as YAML without secrets. */
export interface ShownConfiguration {
  /** Where the file is. */
  readonly path: string
  /** All settings in force. */
  readonly running: string
  /** All settings as the file has them now; null where it has mistakes. */
  readonly file: string | null
  /** What is wrong with it, a line each. */
  readonly mistakes: readonly string[]
}

export interface ServerOptions extends PayloadOptions {
  /** Address the WebSocket port listens on, or `unix:/path/of.sock`. @default '0.0.0.0' */
  readonly host?: string | undefined
  /** @default 8765 */
  readonly port?: number | undefined
  /**
   * Certificate and key, or their files: the port then speaks `wss`. Files are reloaded when they change. @default none
   */
  readonly tls?: ServerTlsOptions | CertificateFiles | undefined
  /** Exact path of links; a leading slash is added. @default '/socket' and '/socket/' */
  readonly path?: string | undefined
  /** Links are opened only for requests to one of these host names, whatever the port. @default any */
  readonly hostNames?: readonly string[] | undefined
  /**
   * Answers for requests that are no links, so that the server looks like any other: files of a folder, or answers of
   * the web server at a URL. @default a line about this program at `/`, 404 elsewhere
   */
  readonly fallback?: string | undefined
  /**
   * Reverse proxies trusted to report their clients' addresses: addresses, networks like `10.0.0.0/8`, `unix` for the
   * UNIX socket. @default none
   */
  readonly trustedProxies?: readonly string[] | undefined
  /** The header in which they report it. @default 'x-forwarded-for' */
  readonly clientAddressHeader?: ClientAddressHeader | undefined
  /** Every connection begins with a PROXY protocol header; with `trustedProxies`, only from them. @default false */
  readonly proxyProtocol?: boolean | undefined
  /**
   * Origins of web pages that may use the management API and byte-stream ports, as browsers write them; all others get
   * 403. Without this check any page in a user's browser could use the ports that the user may use. If there are any,
   *      only
   * their pages may open links too; else any page may, if it has a token. @default none
   */
  readonly allowOrigins?: readonly string[] | undefined
  /**
   * Serves web pages that speak Wisp 1 (libcurl.js, epoxy-tls, v86) at `/wisp/TOKEN/`, where a ticket may stand for the
   * token.
   * @default false
   */
  readonly wisp?: boolean | undefined
  /** Key of the management API, not empty; users send it as `X-API-Key`. @default off */
  readonly apiKey?: string | undefined
  /**
   * Loads the files of the dashboard, which is then at `/dashboard/` for those who know `apiKey`; `dashboardFiles` of
   * `@ls/dashboard` does. With a `fallback` there is none, since its page would show what the fallback hides.
   *
   * @default none
   */
  readonly dashboard?: LoadDashboard | undefined
  /**
   * Path of a UNIX socket with the management API for the user that runs the server, without a key. A folder that is
   * missing is made, for that user alone. @default none
   */
  readonly apiSocket?: string | undefined
  /** Where tokens of the API and of providers outlive the process. @default nowhere: they end with it */
  readonly state?: ServerState | undefined
  /** Finds the processes that have the sessions which this one has not. @default none: such sessions are over */
  readonly sessionOwners?: SessionOwners | undefined
  /** Servers that serve the same tokens, see `@ls/cluster`. @default none */
  readonly nodes?: OtherNodes | undefined
  /**
   * Relay mode: providers without a token may come in, and connectors reach them by the codes that they choose.
   *
   * @default off
   */
  readonly relay?: RelayOptions | undefined
  /**
   * Whether connectors and providers may agree on direct paths through this server; tokens with rules or limits may
   * not, since nothing that takes a direct path is seen here. @default false
   */
  readonly directPaths?: boolean | undefined
  /** Address of reverse tokens' SOCKS ports, unless the token has one. @default '127.0.0.1' */
  readonly socksHost?: string | undefined
  /**
   * Proxy ports of the server itself, whose users' traffic leaves here, without a link: `host:port`, `unix:/path`, or
   * `ws://host:port/path` for byte streams over WebSocket, as V2Ray and Xray open them. @default none
   */
  readonly socksListen?: readonly string[] | undefined
  /** Accounts that may use those ports; empty for everybody. @default [] */
  readonly socksAccounts?: NonNullable<InboundOptions['accounts']> | undefined
  /** Open SOCKS ports before the first provider has come, when the token does not say. @default false */
  readonly socksNowait?: boolean | undefined
  /** First and last port for reverse tokens that name none. @default [1024, 10240] */
  readonly portPool?: readonly [number, number] | undefined
  /**
   * Ports that providers may have opened here, each for a target in their network: `2222,4000-4100`. Tokens may have
   * their own. @default none
   */
  readonly allowPorts?: string | undefined
  /**
   * Host names that providers may have lead to a target in their network: `app.example`, `*.dev.example` for all below
   * it, `*`. Tokens may have their own, in their policy. @default none
   */
  readonly allowHosts?: readonly string[] | undefined
  /** Port for those host names over HTTP; 0 for any free one. @default none */
  readonly exposeHttpPort?: number | undefined
  /**
   * Port for those host names over TLS: connections are passed on still encrypted where a provider exposes the name as
   * `tls:`; else TLS ends here, with the certificate of `tls`. 0 for any free one. @default none
   */
  readonly exposeHttpsPort?: number | undefined
  /** Address of all these ports. @default `host`; 127.0.0.1 where that is a UNIX socket */
  readonly exposeHost?: string | undefined
  /** Proxies that the server reaches forward targets through, each through the one before. @default none */
  readonly upstreamProxies?: readonly string[] | undefined
  /**
   * Exceptions from `upstreamProxies`: `PATTERN=direct`, `PATTERN=reject` or `PATTERN=URL`, the first match counts.
   * @default none
   */
  readonly routes?: readonly string[] | undefined
  /**
   * Further fields for HTTP proxies in `upstreamProxies` and `routes`, with `{source}` and `{target}`. @default none
   */
  readonly upstreamHeaders?: NonNullable<OutboundOptions['upstreamHeaders']> | undefined
  /** TLS to `https://` proxies. @default what Node trusts */
  readonly upstreamTls?: NonNullable<OutboundOptions['upstreamTls']> | undefined
  /** Protocols that users of reverse ports may speak; `auto` detects the protocol by the first byte. @default 'auto' */
  readonly inbound?: NonNullable<InboundOptions['inbound']> | undefined
  /** Reverse ports: take HTTP requests that do not name their target in full, by their Host. @default false */
  readonly httpTransparent?: boolean | undefined
  /** Largest head of an HTTP request at a proxy port, in bytes; above it the answer is 431. @default 65536 */
  readonly httpMaxHeadBytes?: number | undefined
  /**
   * Sends targets a PROXY protocol header with the client's address (the link's; the proxy user's is not known here).
   * @default none
   */
  readonly sendProxy?: NonNullable<OutboundOptions['sendProxy']> | undefined
  /** Targets that forward clients may reach, and users of reverse ports may ask for, `ADDR:PORT`. @default all */
  readonly accessRules?: readonly string[] | undefined
  /**
   * Targets closed to forward clients even if the rules allow them. `local`: loopback, unspecified, link-local and
   * multicast addresses, metadata services of clouds, and the server's own ports; `private`: private networks too.
   * @default 'local' where a port of the server is not on loopback, else 'none'
   */
  readonly guard?: GuardLevel | undefined
  /** Further TCP ports of the program, which `guard` closes as those of the server. @default none */
  readonly ownPorts?: (() => Iterable<number>) | undefined
  /** A service that is asked for each link, and for each connection of a client or connector. @default none */
  readonly authorize?: AuthorizeOptions | undefined
  /** How tokens without a policy of their own may be used. @default without limits of their own */
  readonly policy?: Policy | PolicyOptions | undefined
  /** Reverse mode: tell the SOCKS client of success before the provider has succeeded. @default false */
  readonly fastOpen?: boolean | undefined
  /** How long one target may take to answer. @default 10000 */
  readonly connectTimeoutMs?: number | undefined
  /** How long a SOCKS client waits for a provider. @default 10000 */
  readonly providerWaitMs?: number | undefined
  /** How long a connector's request waits for a provider. @default 5000 */
  readonly connectorWaitMs?: number | undefined
  /** How long the connector tokens of an absent provider are kept, in milliseconds. @default 600000 (10 minutes) */
  readonly orphanedTokenMs?: number | undefined
  /** How names are looked up: those of targets, of proxies. @default as the system does */
  readonly dns?: NonNullable<OutboundOptions['dns']> | undefined
  /** Limits of UDP associations, and the address that is announced. @default those of {@link UdpOptions} */
  readonly udp?: UdpOptions | undefined
  /** Address told to UDP clients of reverse ports. @default the one they reached */
  readonly udpAdvertise?: string | undefined
  /** Extensions offered to peers. @default ['window', 'fin', 'resume', 'ack2', 'urgent'] */
  readonly extensions?: readonly Extension[] | undefined
  /** First credit of each channel, in bytes. @default 262144 */
  readonly windowBytes?: number | undefined
  /** How long a session outlives its WebSocket. @default 60000 */
  readonly graceMs?: number | undefined
  /** Unacknowledged bytes kept for each session. @default 33554432 */
  readonly replayLimitBytes?: number | undefined
  /**
   * Bytes that the server may hold for all its clients: queues for slow readers, and unacknowledged messages. Half is
   * reserved for 16 tokens in equal parts, the other half is lent. Windows may promise four times as much. At the
   * limit, the token that holds most is held back. @default 201326592 (192 MiB)
   */
  readonly processBudgetBytes?: number | undefined
  /**
   * Most sessions of all tokens that wait for their clients after a loss. Over the limit, the token with most of them
   * loses its oldest. @default 4096
   */
  readonly maxGraceSessions?: number | undefined
  /** The same for one token. A token at its limit gets new sessions slowly: 20 a second. @default 1024 */
  readonly maxTokenGraceSessions?: number | undefined
  /** Time for a client to authenticate once its WebSocket is open. @default 10000 */
  readonly handshakeDeadlineMs?: number | undefined
  /**
   * WebSockets open at once, all clients together; two thirds of them for one token. @default 10000, at most a fifth of
   * the files that may be open
   */
  readonly maxLinks?: number | undefined
  /**
   * Unauthenticated connections at all ports; the oldest makes room for the next. @default 4096, at most a quarter of
   * the files this process may open
   */
  readonly maxPending?: number | undefined
  /** Unauthenticated connections of one address (IPv6: one /64). @default 512, at most half of `maxPending` */
  readonly maxPendingPerAddress?: number | undefined
  /**
   * Most channels and UDP associations to targets, and connections at reverse ports, of one token: each is an open
   * file. @default a third of the files this process may open
   */
  readonly maxTokenChannels?: number | undefined
  /**
   * Writes the server's numbers for `GET /api/metrics`; an `Expositor` of `@ls/metrics` does. @default none, the answer
   * is 404
   */
  readonly writeMetrics?:
    | ((accept: string | undefined) => Promise<{ readonly contentType: string; readonly body: string }>)
    | undefined
  /** Channels open at once on one link. @default 65536 */
  readonly maxChannels?: number | undefined
  /** Channels without a byte for this long are closed, in milliseconds. @default 43200000 (12 h) */
  readonly idleLimitMs?: number | undefined
  /**
   * Ping period and the silence after which a peer is dead; false for no pings. With resume both are shorter, since a
   * false alarm costs little there; see `Keepalive.hasten` in `@ls/mux`. @default 20 s and 45 s
   */
  readonly heartbeat?: { readonly periodMs?: number; readonly deadlineMs?: number } | false | undefined
  /**
   * Reads the configuration of the program again, for `POST /api/reload`; resolves with what changed, a line each.
   * @default none: there is no such endpoint
   */
  readonly reload?: (() => Promise<readonly string[]>) | undefined
  /** Shows the configuration of the program, for `GET /api/config`. @default none: there is no such endpoint */
  readonly showConfiguration?: (() => Promise<ShownConfiguration>) | undefined
  /**
   * Has the program drain and end, for `POST /api/drain`. @default the server drains itself, and goes on in that state
   */
  readonly requestDrain?: (() => void) | undefined
  /**
   * Has a new process take over, for `POST /api/restart`; resolves with its number once it has, and rejects where it
   * cannot.
   * @default none: the answer is 409
   */
  readonly requestRestart?: (() => Promise<{ readonly pid: number }>) | undefined
  /** Told of each connection that is over, for an access log. @default none: nothing is made for it */
  readonly onConnectionEnd?: ((connection: ConnectionRecord) => void) | undefined
  /**
   * Changes the level of the program's log, or of a part of it, for `POST /api/log-level`; throws a RangeError for an
   * unknown one. @default none: there is no such endpoint
   */
  readonly setLogLevel?: ((level: string, part: string | undefined) => void) | undefined
  /** @default silent */
  readonly logger?: Logger | undefined
  /** @default the process's clock */
  readonly clock?: Clock | undefined
}

/** Default paths of links (protocol.md §1). */
export const defaultSocketPaths: readonly string[] = ['/socket', '/socket/']

/** Options with the defaults that more than one module needs. */
export type ResolvedServerOptions = Omit<ServerOptions, 'policy' | 'relay'> &
  Given<
    Pick<
      ServerOptions,
      | 'host'
      | 'port'
      | 'guard'
      | 'socksHost'
      | 'exposeHost'
      | 'socksNowait'
      | 'portPool'
      | 'providerWaitMs'
      | 'connectorWaitMs'
      | 'orphanedTokenMs'
      | 'extensions'
      | 'windowBytes'
      | 'graceMs'
      | 'processBudgetBytes'
      | 'maxGraceSessions'
      | 'maxTokenGraceSessions'
      | 'handshakeDeadlineMs'
      | 'maxLinks'
      | 'logger'
      | 'clock'
    >
  > & {
    /** Paths where links are opened. */
    readonly socketPaths: readonly string[]
    readonly hostNames: readonly string[]
    /** Shared by all its ports. */
    readonly pending: PendingConnections
    /** Descriptors of channels, shared by all tokens. */
    readonly slots: ChannelSlots
    readonly maxTokenChannels: number
    readonly policy: Policy | undefined
    readonly relay: ResolvedRelayOptions | undefined
  }

/**
 * Applies the defaults and checks names and ranges.
 *
 * @throws TypeError for an option that does not exist, RangeError for a value out of its range
 */
export function resolveServerOptions(options: ServerOptions): ResolvedServerOptions {
  checkOptionNames(options, optionNames satisfies OptionNames<ServerOptions>)
  if (options.apiKey === '') throw new RangeError('apiKey is empty; leave it out to keep the management API off')
  // Both are used only later; a mistake should show now.
  parseTrustedProxies(options.trustedProxies ?? [])
  void new AllowedOrigins(options.allowOrigins)
  if (options.fallback !== undefined) parseFallback(options.fallback)
  void new PortRanges(options.allowPorts ?? '')
  void new HostPatterns(options.allowHosts ?? [])
  for (const name of ['exposeHttpPort', 'exposeHttpsPort'] as const) checkInteger(name, options[name] ?? 0, 0, maxPort)
  // These are used when the first client comes.
  checkSessionOptions(options)
  if (options.heartbeat !== undefined && options.heartbeat !== false)
    checkKeepaliveTiming(options.heartbeat, 'heartbeat')
  const host = options.host ?? '0.0.0.0'
  const { policy, relay, ...others } = options
  return {
    ...others,
    socketPaths: options.path === undefined ? defaultSocketPaths : [normalPath(options.path)],
    ...descriptorOptions(options),
    policy: policy === undefined ? undefined : Policy.of(policy),
    relay: relay === undefined ? undefined : resolveRelayOptions(relay),
    hostNames: (options.hostNames ?? []).map(normalHostName),
    host,
    guard: options.guard ?? defaultGuard(host, options.socksListen, options.exposeHost),
    port: checkInteger('port', options.port ?? 8765, 0, maxPort),
    socksHost: options.socksHost ?? '127.0.0.1',
    exposeHost: options.exposeHost ?? (host.startsWith('unix:') ? '127.0.0.1' : host),
    socksNowait: options.socksNowait ?? false,
    portPool: checkPortPool(options.portPool ?? [1024, 10_240]),
    providerWaitMs: checkDurationMs('providerWaitMs', options.providerWaitMs ?? 10_000, 0),
    connectorWaitMs: checkDurationMs('connectorWaitMs', options.connectorWaitMs ?? 5000, 0),
    orphanedTokenMs: checkDurationMs('orphanedTokenMs', options.orphanedTokenMs ?? 600_000, 0),
    extensions: options.extensions ?? extensions,
    windowBytes: checkInteger('windowBytes', options.windowBytes ?? defaultWindowBytes, 1, 0xffffffff),
    graceMs: checkDurationMs('graceMs', options.graceMs ?? 60_000, 0),
    processBudgetBytes: checkInteger('processBudgetBytes', options.processBudgetBytes ?? 192 * mebibyte, mebibyte),
    maxGraceSessions: checkInteger('maxGraceSessions', options.maxGraceSessions ?? 4096, 1, 1_000_000),
    maxTokenGraceSessions: checkInteger('maxTokenGraceSessions', options.maxTokenGraceSessions ?? 1024, 1, 1_000_000),
    handshakeDeadlineMs: checkDurationMs('handshakeDeadlineMs', options.handshakeDeadlineMs ?? 10_000),
    logger: options.logger ?? silentLogger,
    clock: options.clock ?? systemClock,
  }
}

/** Limits that depend on the number of files this process may open. */
function descriptorOptions(
  options: ServerOptions,
): Pick<ResolvedServerOptions, 'pending' | 'slots' | 'maxLinks' | 'maxTokenChannels'> {
  const shares = shareDescriptors(descriptorLimit())
  const { maxPending = Math.min(4096, shares.pending), maxTokenChannels = shares.tokenChannels } = options
  const { maxLinks = Math.min(10_000, shares.links) } = options
  const { maxPendingPerAddress = Math.max(1, Math.min(512, Math.floor(maxPending / 2))) } = options
  return {
    pending: new PendingConnections({ maxPending, maxPendingPerAddress }),
    slots: new ChannelSlots({ limit: shares.channels, what: 'channels of all tokens (ulimit -n)' }),
    maxLinks: checkInteger('maxLinks', maxLinks, 1, 1_000_000),
    maxTokenChannels: checkInteger('maxTokenChannels', maxTokenChannels, 1),
  }
}

/** A path as requests have it: percent-encoded, with a slash in front. @throws RangeError for anything but a path */
function normalPath(text: string): string {
  if (/[?#\s]/.test(text)) throw new RangeError(`the path "${text}" has a space, "?" or "#" in it; paths have none`)
  const { pathname } = new URL(text.startsWith('/') ? text : `/${text}`, 'http://localhost')
  return pathname
}

/** Without a port, since requests are compared without theirs. @throws RangeError for anything but a host name */
function normalHostName(name: string): string {
  const url = `http://${name}`
  if (!URL.canParse(url) || !/^[^/?#@\s]+$/.test(name)) throw new RangeError(`"${name}" is no host name`)
  return new URL(url).hostname.replace(/\.$/, '')
}

const mebibyte = 1_048_576

function checkPortPool([first, last]: readonly [number, number]): readonly [number, number] {
  checkInteger('portPool[0]', first, 1, maxPort)
  checkInteger('portPool[1]', last, first, maxPort)
  return [first, last]
}

/** Options for the trust in reported client addresses. */
export function believedProxies({
  trustedProxies,
  clientAddressHeader,
  proxyProtocol,
}: ServerOptions): Pick<ServerOptions, 'trustedProxies' | 'clientAddressHeader' | 'proxyProtocol'> {
  return {
    trustedProxies,
    clientAddressHeader,
    proxyProtocol,
  }
}
