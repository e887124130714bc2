import type { Duplex } from 'node:stream'
import { checkDurationMs, checkInteger, type Given } from '@ls/foundation'
import { accountCheck, type Account, type AccountCheck } from './message/basic.js'
import type { ConnectRequest } from './serve/connect-request.js'

/**
 * The part of a pino logger that this package uses. Refusals come at `debug`: a hostile client must not fill a disk.
 */
export interface HttpProxyLogger {
  /** For each request that is refused. */
  debug(fields: object, text?: string): void
}

/** Accounts and limits of a proxy. */
export interface HttpProxyOptions {
  /** Accounts that may use the proxy, by Basic authentication. @default all clients */
  readonly accounts?: readonly Account[] | undefined
  /**
   * Serves origin-form requests (`GET /path`) by their Host field, for clients that are not configured to use a proxy.
   * @default false
   */
  readonly transparent?: boolean | undefined
  /** Handles CONNECT requests instead of `dial`, for callers that copy between client and target themselves. */
  readonly onConnect?: ((request: ConnectRequest) => void) | undefined
  /** A client has authenticated, with its first served request. */
  readonly onProven?: ((socket: Duplex) => void) | undefined
  /** A client's request was not served, for this reason. */
  readonly onRefused?: ((socket: Duplex, error: unknown) => void) | undefined
  /** @default silent */
  readonly logger?: HttpProxyLogger | undefined
  /** Largest request head, and largest trailer section, in bytes: Kerberos tokens take up to 48 KiB. @default 65536 */
  readonly maxHeadBytes?: number | undefined
  /** Largest response head, in bytes: origins send long cookies and policies. @default 65536 */
  readonly maxResponseHeadBytes?: number | undefined
  /** How long a client may take for a request head, in milliseconds: slow heads hold sockets. @default 10000 */
  readonly headTimeoutMs?: number | undefined
  /** How long a connection may wait for its next request, in milliseconds; longer than browsers pool. @default 60000 */
  readonly idleMs?: number | undefined
  /** How long a request may go without a byte either way, in milliseconds; long polls fit. @default 900000 (15 min) */
  readonly exchangeIdleMs?: number | undefined
  /** The same after the client has ended its side, which most clients do only when they disconnect. @default 30000 */
  readonly halfClosedIdleMs?: number | undefined
  /** How long a tunnel may go without a byte either way, in milliseconds. @default 43200000 (12 h) */
  readonly tunnelIdleMs?: number | undefined
  /** How long a dial may take, in milliseconds: 10 s for a provider and 15 s for the target fit. @default 30000 */
  readonly dialTimeoutMs?: number | undefined
  /** Concurrent client connections, tunnels included; each costs about 10 KiB. @default 4096 */
  readonly maxConnections?: number | undefined
  /** Requests a client may send ahead of the response; beyond it reading stops after the current chunk. @default 32 */
  readonly maxPipelined?: number | undefined
  /** Origins a client's connection keeps a connection to; the one used longest ago is closed. @default 8 */
  readonly maxOrigins?: number | undefined
}

type Defaulted = Omit<HttpProxyOptions, 'accounts' | 'onConnect' | 'onProven' | 'onRefused' | 'logger'>

export type ResolvedHttpProxyOptions = Readonly<Given<Defaulted>> & {
  readonly mayUse: AccountCheck | undefined
  readonly onConnect: ((request: ConnectRequest) => void) | undefined
  readonly onProven: ((socket: Duplex) => void) | undefined
  readonly onRefused: ((socket: Duplex, error: unknown) => void) | undefined
  readonly logger: HttpProxyLogger | undefined
}

/** Applies the defaults and checks the ranges; a value out of range is the caller's mistake. */
export function resolveOptions(options: HttpProxyOptions): ResolvedHttpProxyOptions {
  return {
    mayUse: options.accounts === undefined ? undefined : accountCheck(options.accounts),
    onConnect: options.onConnect,
    onProven: options.onProven,
    onRefused: options.onRefused,
    logger: options.logger,
    transparent: options.transparent ?? false,
    maxHeadBytes: checkInteger('maxHeadBytes', options.maxHeadBytes ?? 65_536, 256, 1_048_576),
    maxResponseHeadBytes: checkInteger('maxResponseHeadBytes', options.maxResponseHeadBytes ?? 65_536, 256, 1_048_576),
    headTimeoutMs: checkDurationMs('headTimeoutMs', options.headTimeoutMs ?? 10_000),
    idleMs: checkDurationMs('idleMs', options.idleMs ?? 60_000),
    exchangeIdleMs: checkDurationMs('exchangeIdleMs', options.exchangeIdleMs ?? 900_000),
    halfClosedIdleMs: checkDurationMs('halfClosedIdleMs', options.halfClosedIdleMs ?? 30_000),
    tunnelIdleMs: checkDurationMs('tunnelIdleMs', options.tunnelIdleMs ?? 43_200_000),
    dialTimeoutMs: checkDurationMs('dialTimeoutMs', options.dialTimeoutMs ?? 30_000),
    maxConnections: checkInteger('maxConnections', options.maxConnections ?? 4096, 1),
    maxPipelined: checkInteger('maxPipelined', options.maxPipelined ?? 32, 1),
    maxOrigins: checkInteger('maxOrigins', options.maxOrigins ?? 8, 1),
  }
}
