import type { Snapshot } from '@ls/foundation'
import { call } from './call.js'

/** Reads all numbers of the server. @throws ApiError */
export function takeSnapshot(signal: AbortSignal): Promise<Snapshot> {
  return call('GET', 'snapshot', { signal })
}
