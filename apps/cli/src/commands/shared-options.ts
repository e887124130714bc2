import type { ServerOptions } from '@ls/server'
import type { Settings } from '../settings.js'

type Shared = Pick<
  Settings<'server'>,
  'upstreamProxy' | 'accessRule' | 'fastOpen' | 'batching' | 'noBatching' | 'compressionThreshold' | 'udpAdvertise'
>

/** The client's options of these names are the same. */
type SharedOptions = Pick<
  ServerOptions,
  'upstreamProxies' | 'accessRules' | 'fastOpen' | 'batching' | 'compressionThresholdBytes' | 'udpAdvertise'
>

/** The options that server and client libraries have in common. */
export function sharedOptions(settings: Shared): SharedOptions {
  const { upstreamProxy, accessRule, fastOpen, batching, noBatching, compressionThreshold, udpAdvertise } = settings
  return {
    upstreamProxies: upstreamProxy,
    accessRules: accessRule,
    fastOpen,
    batching: noBatching ? 'off' : batching,
    compressionThresholdBytes: compressionThreshold,
    ...definedOnly({ udpAdvertise }),
  }
}

/** Leaves out what is undefined: to the libraries an option that is there has a value. */
export function definedOnly<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> }
}
