import type { LimitUse } from '@ls/foundation'

/** Numbers that the stream of events sends once a second. */
export interface Numbers {
  readonly program: 'server' | 'client'
  readonly ready: boolean
  readonly reasons: readonly string[]
  readonly links: {
    readonly up: number
    readonly waiting: number
    readonly opened: number
    readonly resumed: number
    readonly lost: number
  }
  /** Round trips; null without a measurement. */
  readonly round_trip_ms: { readonly p50: number; readonly p99: number } | null
  readonly connections: { readonly open: number; readonly ended: number; readonly failed: number }
  readonly bytes_to_target: number
  readonly bytes_from_target: number
  /** Bytes a second; null before the second measurement. */
  readonly rate_to_target: number | null
  readonly rate_from_target: number | null
  /** Bytes received that their consumers have not taken yet. */
  readonly queued_bytes: number
  /** Bytes that wait for credit or their turn. */
  readonly unsent_bytes: number
  readonly in_flight_bytes: number
  readonly window_stalls: number
  readonly refusals: number
  readonly limits: readonly LimitUse[]
}
