import { defaultWindowBytes, type Extension, extensions } from '@ls/codec'
import {
  checkDurationMs,
  checkInteger,
  checkOptionNames,
  type Clock,
  type Logger,
  maxPort,
  type OptionNames,
  loggerOfPart,
  systemClock,
  type Given,
} from '@ls/foundation'
import { checkKeepaliveTiming, checkSessionOptions, type KeepaliveTiming, PendingConnections } from '@ls/mux'
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

/** Configuration of a program, as YAML without secrets. */
export interface ShownConfiguration {
  /** Path of the file. */
  readonly path: string
  /** All settings in force. */
  readonly running: string
  /** All settings as the file has them now; null if the file has mistakes. */
  readonly file: string | null
  /** Mistakes in the file, one line each. */
  readonly mistakes: readonly string[]
}

export interface ServerOptions extends PayloadOptions {
  /** Address the WebSocket port listens on, or `unix:/path/of.sock`. @default '0.0.0.0' */
  readonly host?: string | undefined
  /** Port for links. @default 8765 */
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
   * Answers requests that are not links, so that the server looks like any web server: files of a folder, or answers of
   * the web server at a URL. @default a line about this program at `/`, 404 elsewhere
   */
  readonly fallback?: string | undefined
  /**
   * Reverse proxies trusted to report their clients' addresses: addresses, networks like `10.0.0.0/8`, or `unix` for
   * the UNIX socket. @default none
   */
  readonly trustedProxies?: readonly string[] | undefined
  /** Header in which they report the address. @default 'x-forwarded-for' */
  readonly clientAddressHeader?: ClientAddressHeader | undefined
  /**
   * Whether every connection begins with a PROXY protocol header; with `trustedProxies`, only theirs. @default false
   */
  readonly proxyProtocol?: boolean | undefined
  /**
   * Origins of web pages that may use the management API and byte-stream ports, as browsers write them; all others get
   * 403. Without this check any page in a user's browser could use the ports that the user may use. If the list is not
   * empty, only these pages may open links too; else any page with a token may. @default none
   */
  readonly allowOrigins?: readonly string[] | undefined
  /**
   * Whether to serve web pages that speak Wisp 1 (libcurl.js, epoxy-tls, v86) at `/wisp/TOKEN/`, where a ticket may
   * replace the token.
   * @default false
   */
  readonly wisp?: boolean | undefined
  /** Key of the management API, not empty; callers send it as `X-API-Key`. @default off */
  readonly apiKey?: string | undefined
  /**
   * Loads the files of the dashboard, for instance `dashboardFiles` of `@ls/dashboard`. The dashboard is then at
   * `/dashboard/`, and `apiKey` signs users in. A server with a `fallback` has none, since its page would show what the
   * fallback hides.
   *
   * @default none
   */
  readonly dashboard?: LoadDashboard | undefined
  /**
   * Path of a UNIX socket with the management API for the user that runs the server, without a key. A missing folder is
   * created, for that user alone. @default none
   */
  readonly apiSocket?: string | undefined
  /**
   * Stores tokens of the API and of providers, so that they survive a restart. @default none: they end with the process
   */
  readonly state?: ServerState | undefined
  /** Finds the processes that have sessions which this process does not have. @default none: such sessions are lost */
  readonly sessionOwners?: SessionOwners | undefined
  /** Other servers that serve the same tokens, see `@ls/cluster`. @default none */
  readonly nodes?: OtherNodes | undefined
  /**
   * Relay mode: admits providers without a token; connectors reach them by the codes that they choose.
   *
   * @default off
   */
  readonly relay?: RelayOptions | undefined
  /**
   * Whether connectors and providers may negotiate direct paths through this server. Tokens with rules or limits may
   * not, since the server does not see the traffic of a direct path. @default false
   */
  readonly directPaths?: boolean | undefined
  /** Address of reverse tokens' SOCKS ports, unless the token has its own. @default '127.0.0.1' */
  readonly socksHost?: string | undefined
  /**
   * Proxy ports of the server itself, whose users' traffic leaves here, without a link: `host:port`, `unix:/path`, or
   * `ws://host:port/path` for byte streams over WebSocket, as V2Ray and Xray open them. @default none
   */
  readonly socksListen?: readonly string[] | undefined
  /** Accounts that may use those ports; empty for no authentication. @default [] */
  readonly socksAccounts?: NonNullable<InboundOptions['accounts']> | undefined
  /** Whether SOCKS ports open before the first provider has connected, when the token does not say. @default false */
  readonly socksNowait?: boolean | undefined
  /** First and last port for reverse tokens that set no port. @default [1024, 10240] */
  readonly portPool?: readonly [number, number] | undefined
  /**
   * Ports that providers may open here, each for a target in their network: `2222,4000-4100`. Tokens may have their
   * own.
   * @default none
   */
  readonly allowPorts?: string | undefined
  /**
   * Host names that providers may route to a target in their network: `app.example`, `*.dev.example` for all names
   * below it, `*`. Tokens may have their own, in their policy. @default none
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
  /** Proxies through which the server reaches forward targets, each through the one before. @default none */
  readonly upstreamProxies?: readonly string[] | undefined
  /**
   * Exceptions from `upstreamProxies`: `PATTERN=direct`, `PATTERN=reject` or `PATTERN=URL`; the first match counts.
   * @default none
   */
  readonly routes?: readonly string[] | undefined
  /**
   * Further header fields for HTTP proxies in `upstreamProxies` and `routes`, with `{source}` and `{target}`.
   * @default none
   */
  readonly upstreamHeaders?: NonNullable<OutboundOptions['upstreamHeaders']> | undefined
  /** TLS options for `https://` proxies. @default what Node trusts */
  readonly upstreamTls?: NonNullable<OutboundOptions['upstreamTls']> | undefined
  /** Protocols that users of reverse ports may speak; `auto` detects the protocol by the first byte. @default 'auto' */
  readonly inbound?: NonNullable<InboundOptions['inbound']> | undefined
  /** Whether reverse ports accept HTTP requests without a full target, and use their Host. @default false */
  readonly httpTransparent?: boolean | undefined
  /** Largest head of an HTTP request at a proxy port, in bytes; a larger one is answered with 431. @default 65536 */
  readonly httpMaxHeadBytes?: number | undefined
  /**
   * PROXY protocol header that is sent to targets, with the client's address (that of the link; the proxy user's is not
   * known here). @default none
   */
  readonly sendProxy?: NonNullable<OutboundOptions['sendProxy']> | undefined
  /** Targets that forward clients may reach, and that users of reverse ports may request, `ADDR:PORT`. @default all */
  readonly accessRules?: readonly string[] | undefined
  /**
   * Targets closed to forward clients even if the rules allow them. `local`: loopback, unspecified, link-local and
   * multicast addresses, metadata services of clouds, and the server's own ports; `private`: private networks too.
   * @default 'local' where a port of the server is not on loopback, else 'none'
   */
  readonly guard?: GuardLevel | undefined
  /** Further TCP ports of the program, which `guard` closes as it does those of the server. @default none */
  readonly ownPorts?: (() => Iterable<number>) | undefined
  /** Service that decides on each link, and on each connection of a client or connector. @default none */
  readonly authorize?: AuthorizeOptions | undefined
  /** Policy of tokens that have none of their own. @default without limits of their own */
  readonly policy?: Policy | PolicyOptions | undefined
  /** Reverse mode: report success to the SOCKS client before the provider has connected. @default false */
  readonly fastOpen?: boolean | undefined
  /** How long one target may take to answer, in milliseconds. @default 10000 */
  readonly connectTimeoutMs?: number | undefined
  /** How long a SOCKS client waits for a provider, in milliseconds. @default 10000 */
  readonly providerWaitMs?: number | undefined
  /** How long a connector's request waits for a provider, in milliseconds. @default 5000 */
  readonly connectorWaitMs?: number | undefined
  /** How long the connector tokens of an absent provider stay valid, in milliseconds. @default 600000 (10 minutes) */
  readonly orphanedTokenMs?: number | undefined
  /** How names of targets and proxies are resolved. @default as the system does */
  readonly dns?: NonNullable<OutboundOptions['dns']> | undefined
  /** Limits of UDP associations, and the address that is announced. @default those of {@link UdpOptions} */
  readonly udp?: UdpOptions | undefined
  /** Address announced to UDP clients of reverse ports. @default the one they reached */
  readonly udpAdvertise?: string | undefined
  /** Extensions offered to peers. @default ['window', 'fin', 'resume', 'ack2', 'urgent'] */
  readonly extensions?: readonly Extension[] | undefined
  /** First credit of each channel, in bytes. @default 262144 */
  readonly windowBytes?: number | undefined
  /** How long a session is kept without its WebSocket, in milliseconds. @default 60000 */
  readonly graceMs?: number | undefined
  /** Most unacknowledged bytes of each session. @default 33554432 */
  readonly replayLimitBytes?: number | undefined
  /**
   * Bytes that the server may buffer for all its clients: queues for slow readers, and unacknowledged messages. Half is
   * reserved for 16 tokens in equal parts; tokens share the other half. Windows may promise four times as much. At the
   * limit, the token that buffers most is slowed down. @default 201326592 (192 MiB)
   */
  readonly processBudgetBytes?: number | undefined
  /**
   * Most sessions of all tokens that wait for their clients after a loss. Over the limit, the token with most of them
   * loses its oldest. @default 4096
   */
  readonly maxGraceSessions?: number | undefined
  /** The same for one token. At its limit, a token gets new sessions slowly: 20 a second. @default 1024 */
  readonly maxTokenGraceSessions?: number | undefined
  /** Time for a client to authenticate after its WebSocket is open, in milliseconds. @default 10000 */
  readonly handshakeDeadlineMs?: number | undefined
  /**
   * Most open WebSockets of all clients; two thirds of them for one token. @default 10000, at most a fifth of the files
   * that may be open
   */
  readonly maxLinks?: number | undefined
  /**
   * Most unauthenticated connections at all ports; a new one replaces the oldest. @default 4096, at most a quarter of
   * the files this process may open
   */
  readonly maxPending?: number | undefined
  /** Most unauthenticated connections of one address (IPv6: one /64). @default 512, at most half of `maxPending` */
  readonly maxPendingPerAddress?: number | undefined
  /**
   * Most channels and UDP associations to targets, and connections at reverse ports, of one token: each is an open
   * file. @default a third of the files this process may open
   */
  readonly maxTokenChannels?: number | undefined
  /**
   * Writes the server's numbers for `GET /api/metrics`, for instance an `Expositor` of `@ls/metrics`. @default none,
   * the answer is 404
   */
  readonly writeMetrics?:
    | ((accept: string | undefined) => Promise<{ readonly contentType: string; readonly body: string }>)
    | undefined
  /** Most open channels on one link. @default 65536 */
  readonly maxChannels?: number | undefined
  /** Channels without a byte for this long are closed, in milliseconds. @default 43200000 (12 h) */
  readonly idleLimitMs?: number | undefined
  /**
   * Ping period, and the silence after which a peer counts as dead; false for no pings. With resume both are shorter,
   * since a false alarm costs little there; see `Keepalive.hasten` in `@ls/mux`. @default 20 s and 45 s
   */
  readonly heartbeat?: KeepaliveTiming | false | undefined
  /**
   * Reads the configuration of the program again, for `POST /api/reload`; resolves with the changes, one line each.
   * @default none: there is no such endpoint
   */
  readonly reload?: (() => Promise<readonly string[]>) | undefined
  /** Shows the configuration of the program, for `GET /api/config`. @default none: there is no such endpoint */
  readonly showConfiguration?: (() => Promise<ShownConfiguration>) | undefined
  /**
   * Requests that the program drains and ends, for `POST /api/drain`. @default the server drains itself, and stays in
   * that state
   */
  readonly requestDrain?: (() => void) | undefined
  /**
   * Starts a new process that takes over, for `POST /api/restart`; resolves with its number afterwards, and rejects if
   * it cannot.
   * @default none: the answer is 409
   */
  readonly requestRestart?: (() => Promise<{ readonly pid: number }>) | undefined
  /** Called for each connection that has ended, for an access log. @default none: no records are created */
  readonly onConnectionEnd?: ((connection: ConnectionRecord) => void) | undefined
  /**
   * Changes the level of the program's log, or of a part of it, for `POST /api/log-level`; throws a RangeError for an
   * unknown one. @default none: there is no such endpoint
   */
  readonly setLogLevel?: ((level: string, part: string | undefined) => void) | undefined
  /** Receives the log. @default silent */
  readonly logger?: Logger | undefined
  /** Source of time. @default the process's clock */
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
    /** Limit on pending connections, shared by all ports of the server. */
    readonly pending: PendingConnections
    /** Limit on the descriptors of channels, shared by all tokens. */
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
  // Parsed here to find mistakes now; both are used only later.
  parseTrustedProxies(options.trustedProxies ?? [])
  void new AllowedOrigins(options.allowOrigins)
  if (options.fallback !== undefined) parseFallback(options.fallback)
  void new PortRanges(options.allowPorts ?? '')
  void new HostPatterns(options.allowHosts ?? [])
  for (const name of ['exposeHttpPort', 'exposeHttpsPort'] as const) checkInteger(name, options[name] ?? 0, 0, maxPort)
  // Checked now; they are first used when the first client connects.
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
    logger: loggerOfPart(options.logger, 'server'),
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

/**
 * Normalizes a path to the form of requests: percent-encoded, with a slash in front. @throws RangeError for anything
 * but a path
 */
function normalPath(text: string): string {
  if (/[?#\s]/.test(text)) throw new RangeError(`the path "${text}" has a space, "?" or "#" in it; paths have none`)
  return new URL(`http://localhost${text.startsWith('/') ? '' : '/'}${text}`).pathname
}

/**
 * Removes the port of a host name, since requests are compared without theirs. @throws RangeError for anything but a
 * host name
 */
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

/** Options that say which reported client addresses are trusted. */
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
