import type { Extension } from '@ls/codec'
import type { Clock, Logger } from '@ls/foundation'
import type { KeepaliveTiming } from '@ls/mux'
import type { ExitOptions, OutboundOptions, PayloadOptions } from '@ls/relay'
import type { CertificateFiles, ClientAddressHeader, ServerTlsOptions } from '@ls/transport'
import type { AuthorizeOptions } from '../authorize/authorize-options.js'
import type { AddressPortPlace } from '../direct/address-port.js'
import type { ConnectionRecord } from '../life/connection-record.js'
import type { OtherNodes } from '../nodes/other-nodes.js'
import type { PolicyOptions } from '../policy/policy-options.js'
import type { Policy } from '../policy/policy.js'
import type { RelayOptions } from '../relay-mode/relay-options.js'
import type { SessionOwners } from '../session-owners/session-owners.js'
import type { ServerState } from '../state/server-state.js'
import type { ApiOptions } from './api-options.js'
import type { ExposeOptions } from './expose-options.js'
import type { ServerLimits } from './server-limits.js'
import type { ServerProxyOptions } from './server-proxy-options.js'

/** Options of a `LinkSocksServer`. */
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
  /** Management API, its dashboard, and what the program does when they ask for it. @default off */
  readonly api?: ApiOptions | undefined
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
  /**
   * UDP port that tells clients their own address as a NAT shows it, for direct paths: to STUN, and to Go programs with
   * `--direct-discovery server`. `host` and `port` are by default those of the links. @default none
   */
  readonly addressPort?: Partial<AddressPortPlace> | undefined
  /** Proxy ports of the server itself and of reverse tokens. @default those of {@link ServerProxyOptions} */
  readonly proxy?: ServerProxyOptions | undefined
  /** Ports and host names that providers may open here. @default none */
  readonly expose?: ExposeOptions | undefined
  /** How the traffic of forward clients and of the server's own proxy ports leaves. @default directly */
  readonly exit?: ExitOptions | undefined
  /** Limits on memory, time and number. @default those of {@link ServerLimits} */
  readonly limits?: ServerLimits | undefined
  /** Service that decides on each link, and on each connection of a client or connector. @default none */
  readonly authorize?: AuthorizeOptions | undefined
  /** Policy of tokens that have none of their own. @default without limits of their own */
  readonly policy?: Policy | PolicyOptions | undefined
  /** How names of targets and proxies are resolved. @default as the system does */
  readonly dns?: NonNullable<OutboundOptions['dns']> | undefined
  /** Extensions offered to peers. @default ['window', 'fin', 'resume', 'ack2', 'urgent'] */
  readonly extensions?: readonly Extension[] | undefined
  /**
   * Ping period, and the silence after which a peer counts as dead; false for no pings. With resume both are shorter,
   * since a false alarm costs little there; see `Keepalive.hasten` in `@ls/mux`. @default 20 s and 45 s
   */
  readonly heartbeat?: KeepaliveTiming | false | undefined
  /** Called for each connection that has ended, for an access log. @default none: no records are created */
  readonly onConnectionEnd?: ((connection: ConnectionRecord) => void) | undefined
  /** Receives the log. @default silent */
  readonly logger?: Logger | undefined
  /** Source of time. @default the process's clock */
  readonly clock?: Clock | undefined
}
