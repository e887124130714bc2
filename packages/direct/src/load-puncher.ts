import type { Clock } from '@ls/foundation'
import { NativePuncher } from './native-puncher.js'
import { loadNative } from './native.js'
import type { DirectOptions } from './options.js'
import type { Puncher } from './puncher.js'

/** Loads the puncher. @throws DirectError `ERR_DIRECT_UNAVAILABLE` where the native part is missing */
export async function loadPuncher(options: DirectOptions, clock: Clock): Promise<Puncher> {
  if (options.loadPuncher !== undefined) return options.loadPuncher()
  const { stunServers = [], hostCandidates = 'auto' } = options
  return new NativePuncher({ native: await loadNative(), clock, stunServers, hostCandidates })
}
