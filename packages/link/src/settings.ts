import { anonymousToken, defaultWindowBytes, type Extension, extensions } from '@ls/codec'
import {
  checkDurationMs,
  checkInteger,
  type Clock,
  type Logger,
  maxTimerMs,
  silentLogger,
  systemClock,
  type Given,
} from '@ls/foundation'
import { checkKeepaliveTiming, checkSessionOptions, type KeepaliveTiming, type SessionOptions } from '@ls/mux'

/** Identity of a client, the features it requests, and the limits of its links. */
export interface LinkSettings extends SessionOptions {
  /** Token of the client. @default 'anonymous': a relay then creates a token for a provider */
  readonly token?: string | undefined
  /**
   * Token that a relay gave to this provider before, in place of `token`, so that its connector tokens still work.
   * Where the relay no longer has it, the provider connects without it. @default none
   */
  readonly serverToken?: string | undefined
  /** Provide the network to the server's side (provider) instead of using it. @default false */
  readonly reverse?: boolean | undefined
  /** Extensions to request from the server. @default ['window', 'fin', 'resume', 'ack2', 'urgent'] */
  readonly extensions?: readonly Extension[] | undefined
  /**
   * Longest time that connections outlive a lost link, in milliseconds; 0 for none. @default as long as the server says
   */
  readonly graceMs?: number | undefined
  /** Time for the server to answer the handshake once the WebSocket is open, in milliseconds. @default 10000 */
  readonly handshakeTimeoutMs?: number | undefined
  /** Whether to reconnect after a loss. @default true */
  readonly reconnect?: boolean | undefined
  /** Whether to reconnect even after the token was refused. @default false */
  readonly retryAuth?: boolean | undefined
  /** First delay before a link is dialled again, in milliseconds; it doubles each time, with jitter. @default 250 */
  readonly reconnectDelayMs?: number | undefined
  /** Longest such delay, in milliseconds; for the first 10 minutes it is at most 5 s. @default 60000 */
  readonly maxReconnectDelayMs?: number | undefined
  /** Number of links; channels use each in turn. @default 1 */
  readonly threads?: number | undefined
  /**
   * Ping period and the silence after which the server is dead; false for no pings. With resume both are shorter, since
   * a false alarm costs little there; see `Keepalive.hasten` in `@ls/mux`. @default 20 s and 45 s
   */
  readonly heartbeat?: KeepaliveTiming | false | undefined
}

/** The settings with their defaults, checked. */
export type ResolvedLinkSettings = LinkSettings &
  Given<
    Pick<
      LinkSettings,
      | 'token'
      | 'reverse'
      | 'extensions'
      | 'windowBytes'
      | 'graceMs'
      | 'handshakeTimeoutMs'
      | 'reconnect'
      | 'retryAuth'
      | 'reconnectDelayMs'
      | 'maxReconnectDelayMs'
      | 'threads'
    >
  > & { readonly logger: Logger; readonly clock: Clock }

/** Applies the defaults and checks the values. @throws RangeError for values out of range */
export function resolveLinkSettings(settings: LinkSettings): ResolvedLinkSettings {
  // These are used only once a link is up; a mistake should be reported now.
  checkSessionOptions(settings)
  if (settings.heartbeat !== undefined && settings.heartbeat !== false)
    checkKeepaliveTiming(settings.heartbeat, 'heartbeat')
  return {
    ...settings,
    token: settings.token ?? anonymousToken,
    reverse: settings.reverse ?? false,
    extensions: settings.extensions ?? extensions,
    windowBytes: settings.windowBytes ?? defaultWindowBytes,
    graceMs: checkDurationMs('graceMs', settings.graceMs ?? maxTimerMs, 0),
    handshakeTimeoutMs: checkDurationMs('handshakeTimeoutMs', settings.handshakeTimeoutMs ?? 10_000),
    reconnect: settings.reconnect ?? true,
    retryAuth: settings.retryAuth ?? false,
    reconnectDelayMs: checkDurationMs('reconnectDelayMs', settings.reconnectDelayMs ?? 250),
    maxReconnectDelayMs: checkDurationMs('maxReconnectDelayMs', settings.maxReconnectDelayMs ?? 60_000),
    threads: checkInteger('threads', settings.threads ?? 1, 1, maxThreads),
    logger: settings.logger ?? silentLogger,
    clock: settings.clock ?? systemClock,
  }
}

/** Most WebSockets of one process: more do not help and look like an attack. */
const maxThreads = 64
