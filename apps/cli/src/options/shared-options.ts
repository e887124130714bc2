import type { ClientLimits, ClientLinkOptions } from '@ls/client'
import { type ExitOptions, parseUpstreamHeaders, type ProxyOptions } from '@ls/relay'
import { UsageError } from '../errors.js'
import { isTracing } from '../observe/tracing.js'
import type { Settings } from '../settings.js'

type Shared = Pick<
  Settings<'server'>,
  | 'upstreamProxy'
  | 'route'
  | 'upstreamHeader'
  | 'accessRule'
  | 'guard'
  | 'sendProxy'
  | 'grace'
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

/** Options of links, which have the same name and type in server and client. */
type LinkOptions = Pick<
  ClientLinkOptions,
  'dns' | 'batching' | 'compressionThresholdBytes' | 'extensions' | 'heartbeat'
>

/** Extensions to use, unless `--without` removes them. */
const extensions = ['window', 'fin', 'resume', 'ack2', 'urgent'] as const

/** Options of links that the server and client libraries have in common. */
export function linkOptions(settings: Shared): LinkOptions {
  return {
    dns: { servers: settings.dnsServer, timeoutMs: settings.dnsTimeout },
    batching: settings.noBatching ? 'off' : settings.batching,
    compressionThresholdBytes: settings.compressionThreshold,
    extensions: [
      ...extensions.filter((extension) => !settings.without.includes(extension)),
      ...(isTracing(process.env) ? (['trace'] as const) : []),
    ],
    heartbeat: heartbeatOf(settings),
  }
}

/** The group `limits`, as far as it is the same in server and client. */
export function sharedLimits(settings: Shared): ClientLimits {
  return {
    windowBytes: settings.window,
    replayLimitBytes: settings.replayLimit,
    graceMs: settings.grace,
    idleLimitMs: settings.idleLimit,
  }
}

/** The group `proxy` of a server, and of a client that is no provider: the ports that programs connect to. */
export function proxyOptions(settings: Shared): ProxyOptions {
  return {
    inbound: settings.inbound,
    httpTransparent: settings.httpTransparent,
    httpMaxHeadBytes: settings.httpMaxHead,
    fastOpen: settings.fastOpen,
    udp: { advertise: settings.udpAdvertise },
  }
}

/** The group `exit` of a server and a provider: the connections to targets. */
export function exitOptions(settings: Shared): ExitOptions {
  return {
    upstreams: settings.upstreamProxy,
    routes: settings.route,
    upstreamHeaders: parseUpstreamHeaders(settings.upstreamHeader),
    access: settings.accessRule,
    ...definedOnly({ guard: settings.guard, sendProxy: settings.sendProxy }),
  }
}

function heartbeatOf({ heartbeat, heartbeatDeadline }: Shared): NonNullable<LinkOptions['heartbeat']> {
  if (heartbeat === 0) return false
  if (heartbeatDeadline > heartbeat) return { periodMs: heartbeat, timeoutMs: heartbeatDeadline }
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
