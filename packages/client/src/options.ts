import { type Extension, maxEarlyDataBytes } from '@ls/codec'
import type { DirectOptions } from '@ls/direct'
import { checkDurationMs, checkInteger, type Clock, type Given, type Logger, maxPort } from '@ls/foundation'
import { type LinkSettings, type ResolvedLinkSettings, resolveLinkSettings } from '@ls/link'
import { PendingConnections } from '@ls/mux'
import type { InboundOptions, OutboundOptions, PayloadOptions, UdpOptions } from '@ls/relay'
import type { CertificateFiles, Connect, ConnectOptions, ServerTlsOptions } from '@ls/transport'

/** Settings of links that a client passes on unchanged. */
type ClientLinkSettings = Pick<
  LinkSettings,
  | 'token'
  | 'serverToken'
  | 'reverse'
  | 'extensions'
  | 'graceMs'
  | 'handshakeDeadlineMs'
  | 'reconnect'
  | 'retryAuth'
  | 'reconnectDelayMs'
  | 'maxReconnectDelayMs'
  | 'threads'
  | 'heartbeat'
>

/** Options of a {@link LinkSocksClient}. */
export interface ClientOptions extends PayloadOptions, ClientLinkSettings {
  /**
   * URL of the server: `wss://host/path`; no scheme means `wss://`, no path `/socket`. @default 'ws://localhost:8765'
   */
  readonly url?: string | undefined
  /** Connector tokens that a provider adds, also after each reconnect. @default none */
  readonly connectorTokens?: readonly string[] | undefined
  /** Host of the proxy port. @default '127.0.0.1' */
  readonly socksHost?: string | undefined
  /** Proxy port. @default 9870 */
  readonly socksPort?: number | undefined
  /**
   * Addresses of the proxy in place of `socksHost` and `socksPort`: `host:port`, `unix:/path`, or `ws://host:port/path`
   * for byte streams over WebSocket, as V2Ray and Xray open them. @default none
   */
  readonly socksListen?: readonly string[] | undefined
  /**
   * Fixed ports, each for one target: `5432=db.internal:5432`, `unix:/run/db.sock=db.internal:5432`,
   * `udp:5353=10.0.0.2:53`. Not for providers. @default none
   */
  readonly forwards?: readonly string[] | undefined
  /**
   * Ports that the server opens for targets of this provider: `2222=localhost:22`, `udp:5353=localhost:53`; 0 for any
   * free port. The provider then accepts connections to these targets and to those that `accessRules` name.
   * @default none
   */
  readonly exposes?: readonly string[] | undefined
  /** Certificate and key for `wss://` addresses in `socksListen`, or their files. @default none */
  readonly socksTls?: ServerTlsOptions | CertificateFiles | undefined
  /**
   * Origins of web pages that may use `ws://` and `wss://` addresses, as browsers write them; all others get 403.
   * @default none
   */
  readonly allowOrigins?: readonly string[] | undefined
  /** User name that programs must send, 1–255 bytes; requires `socksPassword`. @default none: no authentication */
  readonly socksUsername?: string | undefined
  /** Password for `socksUsername`, 1–255 bytes. @default none */
  readonly socksPassword?: string | undefined
  /** More accounts for the proxy. @default none */
  readonly socksAccounts?: NonNullable<InboundOptions['accounts']> | undefined
  /** Protocols that proxy clients may speak; `auto` detects the protocol by the first byte. @default 'auto' */
  readonly inbound?: NonNullable<InboundOptions['inbound']> | undefined
  /** Whether to accept HTTP requests without a full target, and use their Host. @default false */
  readonly httpTransparent?: boolean | undefined
  /** Largest head of an HTTP request at a proxy port, in bytes; a larger one is answered with 431. @default 65536 */
  readonly httpMaxHeadBytes?: number | undefined
  /** Most proxy clients in their handshake, at all ports; a new one replaces the oldest. @default 4096 */
  readonly maxPending?: number | undefined
  /**
   * Most proxy clients of one address (IPv6: one /64) in their handshake. Programs on this machine are exempt.
   * @default 512, at most half of `maxPending`
   */
  readonly maxPendingPerAddress?: number | undefined
  /**
   * Whether to open the proxy port and fixed ports; without them connections come from `connect` only. @default true
   */
  readonly openPorts?: boolean | undefined
  /** Whether to open the SOCKS port before the server is reached. @default false */
  readonly socksNowait?: boolean | undefined
  /** Proxies through which a provider reaches targets, each through the one before. @default none */
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
  /**
   * PROXY protocol header that is sent to targets; it can only say that the client is unknown (provider). @default none
   */
  readonly sendProxy?: NonNullable<OutboundOptions['sendProxy']> | undefined
  /** Targets that may be requested, of a provider or by users of the proxy port, `ADDR:PORT`. @default all */
  readonly accessRules?: readonly string[] | undefined
  /**
   * Parts of a provider's own machine and network that are closed even if the rules allow them, like `guard` of the
   * server. The purpose of providers is to open their network, so: @default 'none'
   */
  readonly guard?: NonNullable<OutboundOptions['guard']> | undefined
  /** TCP ports of the program that `guard` of a provider closes. @default none */
  readonly ownPorts?: NonNullable<OutboundOptions['ownPorts']> | undefined
  /** Whether to report success to SOCKS clients before the other end has succeeded. @default false */
  readonly fastOpen?: boolean | undefined
  /**
   * Early data (0-RTT): how many bytes of the first messages may be sent in the request for the WebSocket, for instance
   * 2048; at most 4096. The token is then in no URL. The server must support it; deployed Go and Python servers do not.
   * `ed=2048` in `url` means the same and takes precedence. @default 0, none
   */
  readonly earlyDataBytes?: number | undefined
  /**
   * Proxies through which to reach the server, each through the one before; they replace those of the environment.
   * @default none
   */
  readonly serverProxies?: readonly string[] | undefined
  /** Whether to use `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy`. @default true */
  readonly proxyFromEnvironment?: boolean | undefined
  /** How long one target may take to answer, in milliseconds (provider). @default 10000 */
  readonly connectTimeoutMs?: number | undefined
  /** How long a SOCKS client waits while no link is up, in milliseconds. @default 10000 */
  readonly linkWaitMs?: number | undefined
  /** How names of targets, of proxies and of the server are resolved. @default as the system does */
  readonly dns?: NonNullable<OutboundOptions['dns']> | undefined
  /** Limits of UDP associations, and the address that is announced. @default those of {@link UdpOptions} */
  readonly udp?: UdpOptions | undefined
  /** Address announced to UDP clients. @default the address they reached */
  readonly udpAdvertise?: string | undefined
  /** First credit of each channel, in bytes. @default 262144 */
  readonly windowBytes?: number | undefined
  /** Most unacknowledged bytes of each link. @default 33554432 */
  readonly replayLimitBytes?: number | undefined
  /** Channels without a byte for this long are closed, in milliseconds. @default 43200000 (12 h) */
  readonly idleLimitMs?: number | undefined
  /** Options for the transport: headers, TLS, your own `dial`. */
  readonly transport?: Partial<ConnectOptions> | undefined
  /**
   * Opens WebSockets to the server: with a browser's fingerprint (`connectAsBrowser`), in a browser
   * (`openBrowserDialer`), or by your own function. @default the transport package's `connect`
   */
  readonly connect?: Connect | undefined
  /**
   * Direct paths between a provider and its connectors, in place of the server's; both ends must ask for them. Requires
   * the package `node-datachannel`. @default none: all traffic goes through the server, and no peer receives an address
   */
  readonly direct?: DirectOptions | undefined
  /** Receives the log. @default silent */
  readonly logger?: Logger | undefined
  /** Source of time. @default the process's clock */
  readonly clock?: Clock | undefined
}

export type ResolvedClientOptions = ClientOptions &
  ResolvedLinkSettings &
  Given<Pick<ClientOptions, 'url' | 'connectorTokens' | 'socksHost' | 'socksPort' | 'linkWaitMs'>> & {
    /** Limit on pending connections, shared by all ports of the client. */
    readonly pending: PendingConnections
  }

/** Applies the defaults and checks ranges. @throws RangeError for values out of range */
export function resolveClientOptions(options: ClientOptions): ResolvedClientOptions {
  const { maxPending = 4096, exposes = [] } = options
  const { maxPendingPerAddress = Math.max(1, Math.min(512, Math.floor(maxPending / 2))) } = options
  const settings = resolveLinkSettings(options)
  return {
    ...options,
    ...settings,
    url: options.url ?? 'ws://localhost:8765',
    connectorTokens: options.connectorTokens ?? [],
    socksHost: options.socksHost ?? '127.0.0.1',
    socksPort: checkInteger('socksPort', options.socksPort ?? 9870, 0, maxPort),
    pending: new PendingConnections({ maxPending, maxPendingPerAddress }),
    earlyDataBytes: checkInteger('earlyDataBytes', options.earlyDataBytes ?? 0, 0, maxEarlyDataBytes),
    linkWaitMs: checkDurationMs('linkWaitMs', options.linkWaitMs ?? 10_000, 0),
    extensions: [...settings.extensions, ...(exposes.length > 0 ? [expose] : [])],
  }
}

/** Extension that a provider requests only if it has something to expose (protocol.md §3.7). */
const expose: Extension = 'expose'
