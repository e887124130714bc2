import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { PendingConnections, TransportCloseReason } from '@ls/mux'
import type { TransportOptions } from '../options.js'
import type { ClientAddress, ClientAddressHeader } from '../port/client-address.js'
import type { RefusalCounts } from '../port/refusals.js'
import type { ServerTlsOptions } from '../port/server-tls.js'
import type { UnprovenLimits } from '../websocket/read-allowance.js'
import type { WebSocketTransport } from '../websocket/websocket-transport.js'
import type { UpgradeRefusal } from './refuse-upgrade.js'
import type { UpgradeRequest } from './upgrade-request.js'

/**
 * Takes over the connection of an upgrade, with the bytes after its head. It counts as an unauthenticated connection
 * until it ends, or until `admit` is called.
 */
export type TakeUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer, admit: () => void) => void

/** Address, access and limits of a port for WebSockets. */
export interface ListenOptions extends TransportOptions {
  /** Address to listen on, `::` for all, or `unix:/path/of.sock`, which has no port. @default '127.0.0.1' */
  readonly host?: string | undefined
  /** Port; 0 for any free one. @default 0 */
  readonly port?: number | undefined
  /** Whether this process alone accepts there, even if the processes of a `node:cluster` share ports. @default false */
  readonly exclusive?: boolean | undefined
  /** Aborts the opening; has no effect later. */
  readonly signal?: AbortSignal | undefined
  /** A client has connected. Set the transport's handler here or soon after; no bytes are read before. */
  onTransport(transport: WebSocketTransport, request: UpgradeRequest): void
  /** Decides before the upgrade, or takes the connection over; without it every client is admitted. */
  authorize?(request: UpgradeRequest): UpgradeRefusal | TakeUpgrade | undefined
  /** Answers plain HTTP requests. @default 426 with a hint at missing Upgrade headers */
  onRequest?(request: IncomingMessage, response: ServerResponse, client: ClientAddress): void
  /** Certificate and key: the port then uses `wss`, from TLS 1.2 on. @default none, the port uses `ws` */
  readonly tls?: ServerTlsOptions | undefined
  /**
   * Reverse proxies trusted to report their clients' addresses: addresses, networks like `10.0.0.0/8`, and `unix` for
   * all users of the UNIX socket. @default none
   */
  readonly trustedProxies?: readonly string[] | undefined
  /**
   * Header in which trusted proxies report the client's address. Only this one is read, since a proxy that sets one
   * passes the others on unchanged from the client. @default 'x-forwarded-for'
   */
  readonly clientAddressHeader?: ClientAddressHeader | undefined
  /**
   * Whether every connection begins with a PROXY protocol header, version 1 or 2, before TLS; with `trustedProxies`,
   * only from them. @default false
   */
  readonly proxyProtocol?: boolean | undefined
  /** Largest request line and headers together, in bytes; more is answered 431. @default 8192 */
  readonly maxHeadBytes?: number | undefined
  /**
   * Time for a client to send its request, in milliseconds; then it gets 408. PROXY header and TLS have the same time
   * each.
   * @default 4000
   */
  readonly headTimeoutMs?: number | undefined
  /** Most open links; more are answered 503. @default 10_000 */
  readonly maxLinks?: number | undefined
  /**
   * Counts connections until they are admitted links; over the limit, the oldest is cut. Several ports can share it.
   * @default one of its own
   */
  readonly pending?: PendingConnections | undefined
  /**
   * Limits for a client before the transport's `admit` is called, early data included. Until then its link counts as a
   * pending connection, which may be cut. @default none: a link may stay once it is open
   */
  readonly unproven?: UnprovenLimits | undefined
  /**
   * Whether to read Sec-WebSocket-Protocol as the client's first messages (early data, see `earlyDataBytes` of
   * `connect`). Values that are no base64 remain subprotocols. @default false
   */
  readonly earlyData?: boolean | undefined
}

/** A port that accepts WebSockets, opened by `listen`. */
export interface TransportListener {
  /** Address of the port; with `port: 0` the chosen one. For a UNIX socket, `unix:/path` and port 0. */
  address(): { readonly host: string; readonly port: number }
  /** Counts of connections refused before they became links. */
  readonly refusals: RefusalCounts
  /**
   * Changes the certificate; open links stay as they are.
   *
   * @throws TransportError ERR_TRANSPORT_TLS for a pair that cannot be used; TypeError without TLS, and for a change
   *   in whether client certificates are required
   */
  setTls(tls: ServerTlsOptions): void
  /** The open links. */
  readonly transports: ReadonlySet<WebSocketTransport>
  /** Stops listening. Existing connections may still become links, until {@link close} is called. */
  stopAccepting(): void
  /** Stops listening and cuts connections that are not links yet; open links stay. */
  close(): Promise<void>
  /** Stops listening and closes every link; resolves when the last one is closed. @default reason 1001, going away */
  closeAll(reason?: TransportCloseReason): Promise<void>
}
