import type { JSX } from 'preact'

export interface MeterProps {
  readonly label: string
  /** Used amount, as text. */
  readonly text: string
  /** Used part, from 0 to 1. */
  readonly part: number
}

/** Part above which an operator should act. */
const highPart = 0.8

/** Used part of a limit. */
export function Meter({ label, text, part }: MeterProps): JSX.Element {
  const percent = Math.round(Math.min(1, part) * 1000) / 10
  return (
    <div class="meter">
      <div class="meter-words">
        <span>{label}</span>
        <span class="number">{text}</span>
      </div>
      <div
        class={part >= highPart ? 'bar high' : 'bar'}
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={text}
      >
        <div class={part > 0 ? 'some' : ''} style={{ width: `${percent}%` }} />
      </div>
    </div>
  )
}
