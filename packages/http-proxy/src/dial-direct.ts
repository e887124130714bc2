import type { Socket } from 'node:net'
import { dial } from '@ls/dial'
import { maxTimerMs } from '@ls/foundation'
import type { Target } from './authority.js'

/** Reaches targets by plain TCP from this machine, by any of their addresses (RFC 8305). */
export function dialDirect(target: Target, { signal }: { readonly signal: AbortSignal }): Promise<Socket> {
  // The deadline is the caller's.
  return dial(target, { signal, timeoutMs: maxTimerMs })
}
