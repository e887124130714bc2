import { parseUpstreamHeaders } from '@ls/relay'
import type { ServerOptions } from '@ls/server'
import { UsageError } from '../errors.js'
import { isTracing } from '../observe/tracing.js'
import type { Settings } from '../settings.js'

type Shared = Pick<
  Settings<'server'>,
  | 'allowOrigin'
  | 'upstreamProxy'
  | 'route'
  | 'upstreamHeader'
  | 'accessRule'
  | 'guard'
  | 'inbound'
  | 'httpTransparent'
  | 'httpMaxHead'
  | 'dnsServer'
  | 'dnsTimeout'
  | 'fastOpen'
  | 'batching'
  | 'noBatching'
  | 'compressionThreshold'
  | 'udpAdvertise'
  | 'window'
  | 'replayLimit'
  | 'without'
  | 'heartbeat'
  | 'heartbeatDeadline'
  | 'idleLimit'
>

/** Options that have the same name and type in server and client. */
type SharedOptions = Pick<
  ServerOptions,
  | 'accessRules'
  | 'dns'
  | 'batching'
  | 'compressionThresholdBytes'
  | 'windowBytes'
  | 'replayLimitBytes'
  | 'extensions'
  | 'heartbeat'
  | 'idleLimitMs'
>

/** Extensions to use, unless `--without` removes them. */
const extensions = ['window', 'fin', 'resume', 'ack2', 'urgent'] as const

/** Options that the server and client libraries have in common. */
export function sharedOptions(settings: Shared): SharedOptions {
  return {
    accessRules: settings.accessRule,
    dns: { servers: settings.dnsServer, timeoutMs: settings.dnsTimeout },
    batching: settings.noBatching ? 'off' : settings.batching,
    compressionThresholdBytes: settings.compressionThreshold,
    windowBytes: settings.window,
    replayLimitBytes: settings.replayLimit,
    extensions: [
      ...extensions.filter((extension) => !settings.without.includes(extension)),
      ...(isTracing(process.env) ? (['trace'] as const) : []),
    ],
    heartbeat: heartbeatOf(settings),
    idleLimitMs: settings.idleLimit,
  }
}

/** Options of a server, and of a client that is no provider: for the ports that programs connect to. */
export function portOptions(
  settings: Shared,
): Pick<
  ServerOptions,
  'allowOrigins' | 'inbound' | 'httpTransparent' | 'httpMaxHeadBytes' | 'fastOpen' | 'udpAdvertise'
> {
  return {
    allowOrigins: settings.allowOrigin,
    inbound: settings.inbound,
    httpTransparent: settings.httpTransparent,
    httpMaxHeadBytes: settings.httpMaxHead,
    fastOpen: settings.fastOpen,
    ...definedOnly({ udpAdvertise: settings.udpAdvertise }),
  }
}

/** Options of a server and a provider: for the connections to targets. */
export function exitOptions(
  settings: Shared,
): Pick<ServerOptions, 'upstreamProxies' | 'routes' | 'upstreamHeaders' | 'guard'> {
  return {
    upstreamProxies: settings.upstreamProxy,
    routes: settings.route,
    upstreamHeaders: parseUpstreamHeaders(settings.upstreamHeader),
    ...definedOnly({ guard: settings.guard }),
  }
}

function heartbeatOf({ heartbeat, heartbeatDeadline }: Shared): NonNullable<SharedOptions['heartbeat']> {
  if (heartbeat === 0) return false
  if (heartbeatDeadline > heartbeat) return { periodMs: heartbeat, deadlineMs: heartbeatDeadline }
  throw new UsageError(
    `--heartbeat-deadline is ${heartbeatDeadline / 1000}s; it must be more than --heartbeat, ${heartbeat / 1000}s`,
  )
}

/** Removes limits of 0, for which the library has defaults: it depends on the number of files that may be open. */
export function givenLimits<T extends Record<string, number>>(limits: T): Partial<T> {
  return Object.fromEntries(Object.entries(limits).filter(([, limit]) => limit > 0)) as Partial<T>
}

/** Removes undefined values: for the libraries an option that is present has a value. */
export function definedOnly<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> }
}
