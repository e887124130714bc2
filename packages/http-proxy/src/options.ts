import type { Duplex } from 'node:stream'
import { type Authenticator, checkDurationMs, checkInteger, type Given, type Logger } from '@ls/foundation'
import type { Account } from './message/basic.js'
import { accounts } from './serve/accounts.js'
import type { ConnectRequest } from './serve/connect-request.js'

/** Accounts and limits of a proxy. */
export interface HttpProxyOptions {
  /** Decides who may use the proxy, by Basic authentication. @default all clients */
  readonly auth?: Authenticator | undefined
  /** Accounts that may use the proxy, instead of `auth`. @default all clients */
  readonly accounts?: readonly Account[] | undefined
  /**
   * Serves origin-form requests (`GET /path`) by their Host field, for clients that are not configured to use a proxy.
   * @default false
   */
  readonly transparent?: boolean | undefined
  /** Handles CONNECT requests instead of `dial`, for callers that copy between client and target themselves. */
  readonly onConnect?: ((request: ConnectRequest) => void) | undefined
  /** Called when a client has authenticated, with its first served request. */
  readonly onProven?: ((socket: Duplex) => void) | undefined
  /**
   * Called for each request that is not served. `peer` is the client's address, `socket` its connection. Any client can
   * cause such errors, so limit their rate before you log them. @default does nothing
   */
  readonly onError?: ((error: unknown, peer: string | undefined, socket: Duplex) => void) | undefined
  /** Receives each request that is not served, at `debug`: a hostile client must not fill a disk. @default silent */
  readonly logger?: Pick<Logger, 'debug'> | undefined
  /** Largest request head, and largest trailer section, in bytes: Kerberos tokens take up to 48 KiB. @default 65536 */
  readonly maxHeadBytes?: number | undefined
  /** Largest response head, in bytes: origins send long cookies and policies. @default 65536 */
  readonly maxResponseHeadBytes?: number | undefined
  /** How long a client may take for a request head, in milliseconds: a slow head occupies a socket. @default 10000 */
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

type Kept = 'auth' | 'onConnect' | 'onProven' | 'onError' | 'logger'

export type ResolvedHttpProxyOptions = Given<Omit<HttpProxyOptions, 'accounts' | Kept>> & Pick<HttpProxyOptions, Kept>

/** Applies the defaults and checks the ranges; a value out of range is the caller's mistake. */
export function resolveOptions(options: HttpProxyOptions): ResolvedHttpProxyOptions {
  return {
    auth: resolveAuth(options),
    onConnect: options.onConnect,
    onProven: options.onProven,
    onError: options.onError,
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

function resolveAuth({ auth, accounts: list }: HttpProxyOptions): Authenticator | undefined {
  if (list === undefined) return auth
  if (auth !== undefined) throw new TypeError('`accounts` and `auth` exclude each other')
  return accounts(list)
}
