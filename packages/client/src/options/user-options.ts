import type { ProxyOptions } from '@ls/relay'
import type { CertificateFiles, ServerTlsOptions } from '@ls/transport'
import type { ClientLimits, ClientLinkOptions } from './link-options.js'

/** Options of clients and connectors: programs here use the network of the other end. */
export interface UserOptions extends ClientLinkOptions {
  /**
   * The proxy port, or `none`: connections then come from `connect` and `forwards` only.
   * @default those of {@link ClientProxyOptions}
   */
  readonly proxy?: ClientProxyOptions | 'none' | undefined
  /**
   * Fixed ports, each for one target: `5432=db.internal:5432`, `unix:/run/db.sock=db.internal:5432`,
   * `udp:5353=10.0.0.2:53`. @default none
   */
  readonly forwards?: readonly string[] | undefined
  /** Limits on memory, time and number. @default those of {@link UserLimits} */
  readonly limits?: UserLimits | undefined
}

/** The proxy port of a client or connector. */
export interface ClientProxyOptions extends ProxyOptions {
  /** Host of the port. @default '127.0.0.1' */
  readonly host?: string | undefined
  /** Number of the port; 0 for any free one. @default 9870 */
  readonly port?: number | undefined
  /**
   * Addresses in place of `host` and `port`: `host:port`, `unix:/path`, or `ws://host:port/path` for byte streams over
   * WebSocket, as V2Ray and Xray open them. @default none
   */
  readonly listen?: readonly string[] | undefined
  /** Certificate and key for `wss://` addresses in `listen`, or their files. @default none */
  readonly tls?: ServerTlsOptions | CertificateFiles | undefined
  /**
   * Origins of web pages that may use `ws://` and `wss://` addresses, as browsers write them; all others get 403.
   * @default none
   */
  readonly allowOrigins?: readonly string[] | undefined
  /** Targets that users of the port may request, `ADDR:PORT`. @default all */
  readonly access?: readonly string[] | undefined
  /** Whether to open the port before the server is reached. @default false */
  readonly nowait?: boolean | undefined
}

/** Limits of clients and connectors. */
export interface UserLimits extends ClientLimits {
  /** How long a connection waits while no link is up, in milliseconds. @default 10000 */
  readonly linkWaitMs?: number | undefined
  /** Most proxy clients in their handshake, at all ports; a new one replaces the oldest. @default 4096 */
  readonly maxPending?: number | undefined
  /**
   * Most proxy clients of one address (IPv6: one /64) in their handshake. Programs on this machine are exempt.
   * @default 512, at most half of `maxPending`
   */
  readonly maxPendingPerAddress?: number | undefined
}

/** Addresses and accounts of the proxy port, which may change while the client runs. */
export type ProxyPlaces = Pick<ClientProxyOptions, 'host' | 'port' | 'listen' | 'accounts'>

/** Options that `LinkSocksClient.changePorts` changes. */
export interface ClientPorts {
  /** Addresses and accounts of the proxy port. @default those of a new client */
  readonly proxy?: ProxyPlaces | undefined
  /** Fixed ports. @default none */
  readonly forwards?: readonly string[] | undefined
}
