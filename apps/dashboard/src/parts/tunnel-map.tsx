import type { Snapshot } from '@ls/foundation'
import type { JSX } from 'preact'
import { count, fill } from '../texts/format.js'
import { texts } from '../texts/language.js'

type Place = 'clients' | 'proxyUsers' | 'targets' | 'providers' | 'programs' | 'server'

/** Opening and answering end in each role, as the program sees it. */
const ends: Readonly<Record<Snapshot['program'], Readonly<Record<string, readonly [Place, Place]>>>> = {
  server: {
    forward: ['clients', 'targets'],
    connector: ['clients', 'providers'],
    reverse: ['proxyUsers', 'providers'],
    own: ['proxyUsers', 'targets'],
  },
  client: { forward: ['programs', 'server'], reverse: ['server', 'targets'] },
}

/** Opening ends on the left and answering ends on the right, above and below. */
const places: Readonly<Record<Snapshot['program'], readonly [readonly Place[], readonly Place[]]>> = {
  server: [
    ['clients', 'proxyUsers'],
    ['targets', 'providers'],
  ],
  client: [['programs'], ['server']],
}

const providerPlaces = [['server'], ['targets']] as const

/**
 * Opening ends, this program and answering ends: the width of an edge shows its number of connections, and it moves
 * while there are some.
 */
export function TunnelMap({ program, traffic }: Pick<Snapshot, 'program' | 'traffic'>): JSX.Element {
  const t = texts.value.overview
  const isProvider = program === 'client' && traffic.some(({ role }) => role === 'reverse')
  const [left, right] = isProvider ? providerPlaces : places[program]
  const open = (place: Place): number =>
    traffic.filter(({ role }) => ends[program][role]?.includes(place)).reduce((all, each) => all + each.open, 0)
  const [asking, answering] = [left, right].map((side) => side.reduce((all, place) => all + open(place), 0))
  return (
    <svg class="map" viewBox="0 0 400 190" role="img" aria-label={fill(t.mapLabel, asking ?? 0, answering ?? 0)}>
      {left.map((place, index) => (
        <Edge key={place} d={`M110 ${edgeY(left, index)}C150 ${edgeY(left, index)} 150 95 165 95`} open={open(place)} />
      ))}
      {right.map((place, index) => (
        <Edge
          key={place}
          d={`M235 95C250 95 250 ${edgeY(right, index)} 290 ${edgeY(right, index)}`}
          open={open(place)}
        />
      ))}
      {left.map((place, index) => (
        <Node key={place} x={10} y={edgeY(left, index) - 22} name={t[place]} open={open(place)} />
      ))}
      <g class="node server" transform="translate(165 73)">
        <rect width="70" height="44" rx="8" />
        <text x="35" y="27">
          {program === 'server' ? t.server : t.thisClient}
        </text>
      </g>
      {right.map((place, index) => (
        <Node key={place} x={290} y={edgeY(right, index) - 22} name={t[place]} open={open(place)} />
      ))}
    </svg>
  )
}

/** Y position of an edge: one in the middle, or two above each other. */
function edgeY(side: readonly Place[], index: number): number {
  return side.length === 1 ? 95 : 50 + 90 * index
}

function Node({ x, y, name, open }: { x: number; y: number; name: string; open: number }): JSX.Element {
  return (
    <g class={open > 0 ? 'node busy' : 'node'} transform={`translate(${x} ${y})`}>
      <rect width="100" height="44" rx="8" />
      <text x="50" y="19">
        {name}
      </text>
      <text class="number" x="50" y="35">
        {count(open)}
      </text>
    </g>
  )
}

function Edge({ d, open }: { d: string; open: number }): JSX.Element {
  return <path class={open > 0 ? 'edge busy' : 'edge'} d={d} stroke-width={1.5 + Math.min(4, Math.log2(1 + open))} />
}
