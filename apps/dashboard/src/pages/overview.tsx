import type { Snapshot } from '@ls/foundation'
import type { JSX } from 'preact'
import { history, snapshot } from '../live/live.js'
import { ThroughputChart } from '../parts/chart.js'
import { Meter } from '../parts/meter.js'
import { TunnelMap } from '../parts/tunnel-map.js'
import { bytes, count, fill, milliseconds, quantile, rate } from '../texts/format.js'
import { texts } from '../texts/language.js'
import { FirstSteps } from './first-steps.js'

/** What an operator sees in five seconds. */
export function Overview(): JSX.Element {
  const numbers = snapshot.value
  if (numbers === undefined) return <div class="card loading" />
  const isNew = numbers.links.opened === 0
  return (
    <div class="grid">
      {isNew && <FirstSteps />}
      <Tiles numbers={numbers} />
      <section class="card wide">
        <h2>{texts.value.overview.throughput}</h2>
        <ThroughputChart history={history.value} />
      </section>
      <section class="card">
        <h2>{texts.value.overview.map}</h2>
        <TunnelMap numbers={numbers} />
      </section>
      <Limits numbers={numbers} />
      <Outcomes numbers={numbers} />
      <Refusals numbers={numbers} />
    </div>
  )
}

interface Numbers {
  readonly numbers: Snapshot
}

function Tiles({ numbers: { links, traffic, endedChannels, refusals } }: Numbers): JSX.Element {
  const t = texts.value.overview
  const now = history.value.at(-1) ?? { down: 0, up: 0 }
  const open = sum(traffic.map((each) => each.open))
  const ended = sum(endedChannels.map((each) => each.count))
  const p50 = quantile(links.roundTripsMs, 0.5)
  const p99 = quantile(links.roundTripsMs, 0.99)
  const moved = (of: 'bytesFromTarget' | 'bytesToTarget') => bytes(sum(traffic.map((each) => each[of])))
  const waiting = links.waiting > 0 ? fill(t.waiting, count(links.waiting)) : fill(t.resumed, count(links.resumed))
  return (
    <dl class="tiles">
      <Tile name={t.down} value={rate(now.down)} more={moved('bytesFromTarget')} kind="down" />
      <Tile name={t.up} value={rate(now.up)} more={moved('bytesToTarget')} kind="up" />
      <Tile name={t.links} value={count(links.up)} more={waiting} />
      <Tile name={t.channels} value={count(open)} more={fill(t.ended, count(ended))} />
      <Tile
        name={t.roundTrip}
        value={p50 === undefined ? '–' : milliseconds(p50)}
        more={p99 === undefined ? '' : fill(t.roundTripWorst, milliseconds(p99))}
      />
      <Tile name={t.refused} value={count(sum(Object.values(refusals)))} more={t.sinceStart} />
    </dl>
  )
}

interface TileProps {
  readonly name: string
  readonly value: string
  readonly more: string
  readonly kind?: string
}

function Tile({ name, value, more, kind = '' }: TileProps): JSX.Element {
  return (
    <div class={`tile ${kind}`}>
      <dt>{name}</dt>
      <dd class="value">{value}</dd>
      <dd class="muted">{more}</dd>
    </div>
  )
}

function Limits({ numbers: { limits } }: Numbers): JSX.Element {
  const t = texts.value.overview
  return (
    <section class="card">
      <h2>{t.limits}</h2>
      {limits.map(({ name, unit, used, limit }) => {
        const show = unit === 'bytes' ? bytes : count
        const text = `${show(used)} / ${show(limit)}`
        return <Meter key={name} label={t.limitNames[name] ?? name} text={text} part={used / limit} />
      })}
    </section>
  )
}

function Outcomes({ numbers: { endedChannels } }: Numbers): JSX.Element {
  const t = texts.value.overview
  const byOutcome = new Map<string, number>()
  for (const { outcome, count: ended } of endedChannels) {
    byOutcome.set(outcome, (byOutcome.get(outcome) ?? 0) + ended)
  }
  return <Counts title={t.outcomes} counts={[...byOutcome]} names={t.outcomeNames} none={t.noEnded} />
}

function Refusals({ numbers: { refusals } }: Numbers): JSX.Element {
  const t = texts.value.overview
  return <Counts title={t.refusals} counts={Object.entries(refusals)} names={t.refusalNames} none={t.noRefusals} />
}

interface CountsProps {
  readonly title: string
  readonly counts: readonly (readonly [string, number])[]
  readonly names: Readonly<Record<string, string>>
  readonly none: string
}

/** Named counts, most first. */
function Counts({ title, counts, names, none }: CountsProps): JSX.Element {
  const shown = counts.filter(([, each]) => each > 0).toSorted(([, a], [, b]) => b - a)
  return (
    <section class="card">
      <h2>{title}</h2>
      {shown.length === 0 ? (
        <p class="muted">{none}</p>
      ) : (
        <dl class="counts">
          {shown.map(([name, each]) => (
            <div key={name}>
              <dt>{names[name] ?? name}</dt>
              <dd class="number">{count(each)}</dd>
            </div>
          ))}
        </dl>
      )}
    </section>
  )
}

function sum(values: readonly number[]): number {
  return values.reduce((all, each) => all + each, 0)
}
