import { messageOf } from '../output/describe-error.js'

/** The steps of an examination, in their order. */
export const stepNames = [
  'proxy',
  'names',
  'address',
  'tls',
  'clock',
  'websocket',
  'token',
  'extension',
  'round trip',
  'source',
  'throughput',
  'udp',
  'idle',
] as const

export type StepName = (typeof stepNames)[number]

/** `SKIP`: not examined, since an earlier step failed or it does not apply. */
type Level = 'PASS' | 'WARN' | 'FAIL' | 'SKIP'

/** What was found at one step. */
export interface Finding {
  readonly step: StepName
  readonly level: Level
  /** What there is, for people. */
  readonly text: string
  /** What to do about it, where the text does not say. */
  readonly cure?: string
  /** Heading in docs/errors.md. */
  readonly code?: string
  /** How long the step took. */
  readonly ms?: number
}

/** A finding about an error of ours, whose text names cause and cure. */
export function failure(step: StepName, error: unknown, more: Pick<Finding, 'cure' | 'ms'> = {}): Finding {
  const { code } = error as { code?: unknown }
  return { step, level: 'FAIL', text: messageOf(error), ...(typeof code === 'string' ? { code } : {}), ...more }
}

/** The finding as a line for people, with a second one for its cure. */
export function findingLines({ step, level, text, cure, code, ms }: Finding): readonly string[] {
  const facts = [code, ms === undefined ? undefined : `${Math.round(ms)} ms`].filter((fact) => fact !== undefined)
  const line = `${level}  ${step.padEnd(stepWidth)}  ${text}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`
  return cure === undefined ? [line] : [line, `${' '.repeat(6 + stepWidth)}  -> ${cure}`]
}

const stepWidth = Math.max(...stepNames.map((name) => name.length))
