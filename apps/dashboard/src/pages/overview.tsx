import type { Snapshot } from '@ls/foundation'
import type { JSX } from 'preact'
import type { Numbers } from '../api/numbers.js'
import { takeSnapshot } from '../api/snapshot.js'
import { history, numbers } from '../live/live.js'
import { usePolled } from '../live/polled.js'
import { ThroughputChart } from '../parts/chart.js'
import { Meter } from '../parts/meter.js'
import { TunnelMap } from '../parts/tunnel-map.js'
import { bytes, count, fill, milliseconds, rate } from '../texts/format.js'
import { texts } from '../texts/language.js'
import { FirstSteps } from './first-steps.js'

/** Interval of requests for numbers that change slowly, in milliseconds. */
const periodMs = 2000

/** Page with the state of the program at a glance. */
export function Overview(): JSX.Element {
  const t = texts.value.overview
  const now = numbers.value
  const { value: snapshot } = usePolled(takeSnapshot, periodMs)
  if (now === undefined) return <div class="card loading" />
  return (
    <div class="grid">
      {now.links.opened === 0 && now.program === 'server' && <FirstSteps />}
      <Tiles numbers={now} />
      <section class="card wide">
        <h2>{t.throughput}</h2>
        <ThroughputChart history={history.value} />
      </section>
      <section class="card map-card">
        <h2>{t.map}</h2>
        <TunnelMap program={now.program} traffic={snapshot?.traffic ?? []} />
      </section>
      <Limits limits={now.limits} />
      <div class="pair">
        <section class="card">
          <Counts title={t.outcomes} counts={outcomesOf(snapshot)} names={t.outcomeNames} none={t.noEnded} />
        </section>
        <section class="card">
          {now.program === 'server' ? (
            <Counts
              title={t.refusals}
              counts={Object.entries(snapshot?.refusals ?? {})}
              names={t.refusalNames}
              none={t.noRefusals}
            />
          ) : (
            <Queues numbers={now} />
          )}
        </section>
      </div>
    </div>
  )
}

function Tiles({ numbers: now }: { readonly numbers: Numbers }): JSX.Element {
  const t = texts.value.overview
  const { links, connections, round_trip_ms: roundTrip } = now
  const waiting = links.waiting > 0 ? fill(t.waiting, count(links.waiting)) : fill(t.resumed, count(links.resumed))
  return (
    <dl class="tiles">
      <Tile name={t.down} value={rate(now.rate_from_target ?? 0)} more={bytes(now.bytes_from_target)} kind="down" />
      <Tile name={t.up} value={rate(now.rate_to_target ?? 0)} more={bytes(now.bytes_to_target)} kind="up" />
      <Tile name={t.links} value={count(links.up)} more={waiting} />
      <Tile name={t.channels} value={count(connections.open)} more={fill(t.ended, count(connections.ended))} />
      <Tile
        name={t.roundTrip}
        value={roundTrip === null ? '–' : milliseconds(roundTrip.p50)}
        more={roundTrip === null ? '' : fill(t.roundTripWorst, milliseconds(roundTrip.p99))}
      />
      {now.program === 'server' ? (
        <Tile name={t.refused} value={count(now.refusals)} more={t.sinceStart} />
      ) : (
        <Tile name={t.linkLosses} value={count(links.resumed + links.lost)} more={fill(t.lost, count(links.lost))} />
      )}
    </dl>
  )
}

/** Bytes in the queues of a client. */
function Queues({ numbers: now }: { readonly numbers: Numbers }): JSX.Element {
  const t = texts.value.overview
  const rows = [
    [t.unsent, bytes(now.unsent_bytes)],
    [t.inFlight, bytes(now.in_flight_bytes)],
    [t.queued, bytes(now.queued_bytes)],
    [t.stalls, count(now.window_stalls)],
  ] as const
  return (
    <>
      <h2>{t.queues}</h2>
      <dl class="counts">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd class="number">{value}</dd>
          </div>
        ))}
      </dl>
    </>
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

function Limits({ limits }: Pick<Numbers, 'limits'>): JSX.Element {
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

function outcomesOf(snapshot: Snapshot | undefined): [string, number][] {
  const byOutcome = new Map<string, number>()
  for (const { outcome, count: ended } of snapshot?.endedChannels ?? []) {
    byOutcome.set(outcome, (byOutcome.get(outcome) ?? 0) + ended)
  }
  return [...byOutcome]
}

interface CountsProps {
  readonly title: string
  readonly counts: readonly (readonly [string, number])[]
  readonly names: Readonly<Record<string, string>>
  readonly none: string
}

/** Named counts, largest first. */
function Counts({ title, counts, names, none }: CountsProps): JSX.Element {
  const shown = counts.filter(([, each]) => each > 0).toSorted(([, a], [, b]) => b - a)
  return (
    <>
      <h2>{title}</h2>
      {shown.length === 0 && <p class="muted">{none}</p>}
      <dl class="counts">
        {shown.map(([name, each]) => (
          <div key={name}>
            <dt>{names[name] ?? name}</dt>
            <dd class="number">{count(each)}</dd>
          </div>
        ))}
      </dl>
    </>
  )
}
