import type { Target } from '@ls/dial'
import type { ResolvedProxyAddress } from './proxy-address.js'

/** One attempt at a tunnel, over any version of HTTP. */
export interface ConnectAttempt {
  readonly proxy: ResolvedProxyAddress
  readonly target: Target
  readonly headers: readonly (readonly [string, string])[]
  readonly maxHeadBytes: number
  readonly signal: AbortSignal
}
