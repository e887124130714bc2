import type { DirectOptions } from '@ls/direct'
import type { Clock, Logger } from '@ls/foundation'
import type { LinkSettings } from '@ls/link'
import type { OutboundOptions, PayloadOptions } from '@ls/relay'
import type { Connect, ConnectOptions } from '@ls/transport'

/** Options of clients in every role: how they reach the server. */
export interface ClientLinkOptions
  extends PayloadOptions, Pick<LinkSettings, 'token' | 'extensions' | 'threads' | 'heartbeat'> {
  /**
   * URL of the server: `wss://host/path`; no scheme means `wss://`, no path `/socket`. @default 'ws://localhost:8765'
   */
  readonly url?: string | undefined
  /**
   * Further URLs of the same service, such as other nodes of a cluster: used, in random order, when `url` refuses or
   * does not answer within a second. The client stays with the server that answered. At most 15. @default none
   */
  readonly fallbackUrls?: readonly string[] | undefined
  /** How a lost link is dialled again; false for not at all. @default those of {@link ReconnectOptions} */
  readonly reconnect?: ReconnectOptions | false | undefined
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
  /** How names of targets, of proxies and of the server are resolved. @default as the system does */
  readonly dns?: NonNullable<OutboundOptions['dns']> | undefined
  /** Options for the transport: headers, TLS, your own `dial`. */
  readonly transport?: Partial<ConnectOptions> | undefined
  /**
   * Opens WebSockets to the server: with a browser's fingerprint (`connectAsBrowser`), in a browser
   * (`openBrowserDialer`), or by your own function. @default the transport package's `connect`
   */
  readonly connect?: Connect | undefined
  /** Receives the log. @default silent */
  readonly logger?: Logger | undefined
  /** Source of time. @default the process's clock */
  readonly clock?: Clock | undefined
}

/** When a client dials a lost link again. */
export interface ReconnectOptions {
  /** First delay, in milliseconds; it doubles each time, with jitter. @default 250 */
  readonly delayMs?: number | undefined
  /** Longest delay, in milliseconds; for the first 10 minutes it is at most 5 s. @default 60000 */
  readonly maxDelayMs?: number | undefined
  /**
   * Whether to reconnect even after the token was refused, and to request a connector token again that the server
   * cannot accept. @default false
   */
  readonly retryAuth?: boolean | undefined
}

/** Limits of clients in every role. */
export interface ClientLimits extends Pick<LinkSettings, 'graceMs' | 'handshakeTimeoutMs'> {
  /** First credit of each channel, in bytes. @default 262144 */
  readonly windowBytes?: number | undefined
  /** Most unacknowledged bytes of each link. @default 33554432 */
  readonly replayLimitBytes?: number | undefined
  /** Channels without a byte for this long are closed, in milliseconds. @default 43200000 (12 h) */
  readonly idleLimitMs?: number | undefined
}

/** Options of both ends of a direct path: a provider and its connectors. */
export interface DirectPathOptions {
  /**
   * Direct paths between a provider and its connectors, in place of the server's; both ends must ask for them. Those
   * over UDP need the package `node-datachannel`. @default none: all traffic goes through the server, and no peer
   * receives an address
   */
  readonly direct?: DirectOptions | undefined
}
