import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { historyLength, type Rate } from '../live/history.js'
import { fill, rate } from '../texts/format.js'
import { texts } from '../texts/language.js'

/** Width of the drawing; it is stretched to the available width. */
const width = 600
const height = 160

const directions = ['down', 'up'] as const

/** Throughput over time: one area for each direction, and the value at the pointer. */
export function ThroughputChart({ history }: { readonly history: readonly Rate[] }): JSX.Element {
  const t = texts.value.overview
  const [pointed, setPointed] = useState<number>()
  const top = niceTop(Math.max(...history.flatMap(({ down, up }) => [down, up]), 0))
  const ago = Math.min(pointed ?? 0, Math.max(0, history.length - 1))
  const shown = history.at(-1 - ago) ?? { down: 0, up: 0 }
  const point = (event: PointerEvent): void => {
    const { left, width: wide } = (event.currentTarget as Element).getBoundingClientRect()
    setPointed(Math.round((1 - (event.clientX - left) / wide) * (historyLength - 1)))
  }
  return (
    <figure class="chart">
      <figcaption>
        {directions.map((name) => (
          <span key={name} class={`legend ${name}`}>
            {t[name]} <b>{rate(shown[name])}</b>
          </span>
        ))}
        <span class="muted">{pointed === undefined ? t.lastMinutes : ago === 0 ? t.now : fill(t.ago, ago)}</span>
      </figcaption>
      <div class="plot">
        <svg
          viewBox={`0 0 ${width} ${height}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={fill(t.chart, rate(shown.down), rate(shown.up))}
          onPointerMove={point}
          onPointerLeave={() => setPointed(undefined)}
        >
          <Curves history={history} top={top} />
          {pointed !== undefined && (
            <path class="pointer" d={`M${xOf(history.length - 1 - ago, history.length)} 0V${height}`} />
          )}
        </svg>
        <span class="axis top">{rate(top)}</span>
        <span class="axis middle">{rate(top / 2)}</span>
      </div>
    </figure>
  )
}

interface CurvesProps {
  readonly history: readonly Rate[]
  /** Value at the top of the scale. */
  readonly top: number
}

/** The areas over lines of a quarter of the scale. */
function Curves({ history, top }: CurvesProps): JSX.Element {
  return (
    <>
      {[0.25, 0.5, 0.75].map((part) => (
        <path key={part} class="grid" d={`M0 ${height * part}H${width}`} />
      ))}
      {directions.map((name) => (
        <g key={name} class={name}>
          <path class="area" d={areaOf(history, name, top)} />
          <path class="line" d={lineOf(history, name, top)} />
        </g>
      ))}
    </>
  )
}

/** X position of a rate; the newest is at the right edge. */
function xOf(index: number, length: number): number {
  return width - ((length - 1 - index) * width) / (historyLength - 1)
}

function lineOf(history: readonly Rate[], name: keyof Rate, top: number): string {
  const points = history.map((each, index) => `${xOf(index, history.length).toFixed(1)} ${yOf(each[name], top)}`)
  return points.length === 0 ? '' : `M${points.join('L')}`
}

function areaOf(history: readonly Rate[], name: keyof Rate, top: number): string {
  if (history.length === 0) return ''
  return `${lineOf(history, name, top)}V${height}H${xOf(0, history.length).toFixed(1)}Z`
}

function yOf(value: number, top: number): string {
  return (height - (value / top) * (height - 4)).toFixed(1)
}

/** Top of the scale: the next power of two, so that the scale rarely changes. */
function niceTop(most: number): number {
  let top = 1024
  while (top < most) top *= 2
  return top
}
