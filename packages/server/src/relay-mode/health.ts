import { version } from '../version.js'

/** State of a relay as strangers may see it: `GET /api/health`, with the fields of the deployed relay. */
export interface RelayHealth {
  /** `full` while it accepts no clients. */
  readonly status: 'ok' | 'full'
  /** Whether it accepts new clients. */
  readonly active: boolean
  /** Time of the check (RFC 3339). */
  readonly checkedAt: string
  /** Version of the program, `v1.2.3`. */
  readonly version: string
  /** Each limit that could keep new clients out. */
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly used: number; readonly limit: number }>>
}

/** What decides whether a relay accepts new clients. */
interface RelayState {
  readonly limits: Readonly<Record<string, { readonly used: number; readonly limit: number }>>
  /** Whether the server accepts links at all. */
  readonly isOpen: boolean
  /** Time of the check, in milliseconds since 1970. */
  readonly nowMs: number
}

/** Reads the limits; cheap, since any client may ask. */
export function relayHealth({ limits, isOpen, nowMs }: RelayState): RelayHealth {
  const checks = Object.entries(limits).map(([name, { used, limit }]) => {
    return [name, { ok: used < limit, used, limit }] as const
  })
  const active = isOpen && checks.every(([, { ok }]) => ok)
  return {
    status: active ? 'ok' : 'full',
    active,
    checkedAt: new Date(nowMs).toISOString(),
    version: `v${version}`,
    checks: Object.fromEntries(checks),
  }
}
