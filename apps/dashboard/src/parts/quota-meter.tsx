import type { JSX } from 'preact'
import type { QuotaUse } from '../api/tokens.js'
import { bytes, fill } from '../texts/format.js'
import { language, texts } from '../texts/language.js'
import { Meter } from './meter.js'

export interface QuotaMeterProps {
  readonly quota: QuotaUse
  /** Whether it says when the next period begins. */
  readonly showsEnd?: boolean
}

/** Part of a quota that a token has used. */
export function QuotaMeter({ quota, showsEnd = false }: QuotaMeterProps): JSX.Element {
  const { quotas, quotaUsed, quotaUntil } = texts.value.tokens
  const { period, used_bytes: used, limit_bytes: limit, ends_at: end } = quota
  const until = new Date(end).toLocaleString(language.value, shortTime)
  const text = fill(showsEnd ? quotaUntil : quotaUsed, bytes(used), bytes(limit), until)
  return <Meter label={quotas[period]} text={text} part={used / limit} />
}

const shortTime = { dateStyle: 'medium', timeStyle: 'short' } as const
