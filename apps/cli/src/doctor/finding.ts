import { errorChain, messageOf } from '../output/describe-error.js'

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

/** Result of one step. */
export interface Finding {
  readonly step: StepName
  readonly level: Level
  /** Description, for people. */
  readonly text: string
  /** Suggested action, where the text does not contain one. */
  readonly cure?: string | undefined
  /** Heading in docs/errors.md. */
  readonly code?: string | undefined
  /** Duration of the step, in milliseconds. */
  readonly ms?: number
}

/** Finding for an error of this project, whose text names cause and remedy. */
export function failure(step: StepName, error: unknown, more: Pick<Finding, 'cure' | 'ms'> = {}): Finding {
  return { step, level: 'FAIL', text: messageOf(error), code: codeOf(error), ...more }
}

/** Code of the innermost error of a link: an outer one names what failed, an inner one why. */
export function codeOf(error: unknown): string | undefined {
  const codes = errorChain(error).map((each) => (each as { code?: unknown }).code)
  const known = codes.findLast((code) => typeof code === 'string' && codesOfLinks.test(code)) ?? codes[0]
  return typeof known === 'string' ? known : undefined
}

/** Prefixes of codes in docs/errors.md. Codes of proxies are left out: what fails there is ERR_TRANSPORT_PROXY. */
const codesOfLinks = /^ERR_(?:TRANSPORT|CODEC|MUX|RELAY|CLIENT)_/

/** Formats the finding as a line for people, with a second one for its remedy. */
export function findingLines({ step, level, text, cure, code, ms }: Finding): readonly string[] {
  const facts = [code, ms === undefined ? undefined : `${Math.round(ms)} ms`].filter((fact) => fact !== undefined)
  const line = `${level}  ${step.padEnd(stepWidth)}  ${text}${facts.length === 0 ? '' : ` (${facts.join(', ')})`}`
  return cure === undefined ? [line] : [line, `${' '.repeat(6 + stepWidth)}  -> ${cure}`]
}

const stepWidth = Math.max(...stepNames.map((name) => name.length))
