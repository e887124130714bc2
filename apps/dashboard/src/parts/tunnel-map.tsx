import type { Snapshot } from '@ls/foundation'
import type { JSX } from 'preact'
import { count, fill } from '../texts/format.js'
import { texts } from '../texts/language.js'

const roles = ['forward', 'connector', 'reverse', 'own'] as const
type Role = (typeof roles)[number]

/** Who asks in each role, and who answers. */
const ends: Readonly<Record<Role, readonly ['clients' | 'proxyUsers', 'targets' | 'providers']>> = {
  forward: ['clients', 'targets'],
  connector: ['clients', 'providers'],
  reverse: ['proxyUsers', 'providers'],
  own: ['proxyUsers', 'targets'],
}

/** Who asks, the server, who answers: an edge is as wide as it has connections, and moves while there are some. */
export function TunnelMap({ traffic }: Pick<Snapshot, 'traffic'>): JSX.Element {
  const t = texts.value.overview
  const open = (end: string) =>
    traffic
      .filter(({ role }) => ends[role as Role]?.includes(end as 'clients'))
      .reduce((all, each) => all + each.open, 0)
  const nodes = (['clients', 'proxyUsers', 'targets', 'providers'] as const).map((name) => ({ name, open: open(name) }))
  const [clients, proxyUsers, targets, providers] = nodes
  return (
    <svg
      class="map"
      viewBox="0 0 400 190"
      role="img"
      aria-label={fill(t.mapLabel, clients?.open ?? 0, providers?.open ?? 0)}
    >
      {clients && <Edge d="M110 50C150 50 150 95 165 95" open={clients.open} />}
      {proxyUsers && <Edge d="M110 140C150 140 150 95 165 95" open={proxyUsers.open} />}
      {targets && <Edge d="M235 95C250 95 250 50 290 50" open={targets.open} />}
      {providers && <Edge d="M235 95C250 95 250 140 290 140" open={providers.open} />}
      {clients && <Node x={10} y={28} name={t.clients} open={clients.open} />}
      {proxyUsers && <Node x={10} y={118} name={t.proxyUsers} open={proxyUsers.open} />}
      <g class="node server" transform="translate(165 73)">
        <rect width="70" height="44" rx="8" />
        <text x="35" y="27">
          {t.server}
        </text>
      </g>
      {targets && <Node x={290} y={28} name={t.targets} open={targets.open} />}
      {providers && <Node x={290} y={118} name={t.providers} open={providers.open} />}
    </svg>
  )
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
