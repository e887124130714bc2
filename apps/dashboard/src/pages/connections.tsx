import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { type ConnectionInfo, cutConnection, listConnections } from '../api/lists.js'
import { ActButton } from '../parts/act-button.js'
import { EmptyState } from '../parts/empty-state.js'
import { type Column, LiveTable } from '../parts/live-table.js'
import { TokenCell } from '../parts/token-cell.js'
import { bytes, duration, rate } from '../texts/format.js'
import { texts } from '../texts/language.js'

/** What flows now. */
export function Connections(): JSX.Element {
  const t = texts.value
  const columns = useMemo(columnsOf, [t])
  return (
    <LiveTable
      label={t.pages.connections}
      columns={columns}
      firstSort="rate"
      ask={listConnections}
      action={({ id, target }, refresh) => (
        <ActButton text={t.list.cut} label={target ?? 'UDP'} act={() => cutConnection(id)} onDone={refresh} />
      )}
      empty={<EmptyState icon="connections" title={t.list.noConnections} hint={t.list.noConnectionsHint} />}
    />
  )
}

function columnsOf(): Column<ConnectionInfo>[] {
  const t = texts.value.list
  return [
    { name: t.target, sort: 'target', cell: ({ target, protocol }) => <Target target={target} protocol={protocol} /> },
    { name: t.token, sort: 'token', cell: TokenCell },
    { name: t.client, sort: 'address', cell: ({ client_address: address }) => address ?? t.ownPort },
    {
      name: texts.value.overview.down,
      sort: 'rate',
      isNumber: true,
      cell: ({ rate_from_target: down }) => rate(down ?? 0),
    },
    { name: texts.value.overview.up, isNumber: true, cell: ({ rate_to_target: up }) => rate(up ?? 0) },
    {
      name: t.moved,
      sort: 'bytes',
      isNumber: true,
      cell: ({ bytes_from_target: down, bytes_to_target: up }) => bytes(down + up),
    },
    { name: t.age, sort: 'age', isNumber: true, cell: ({ age_ms: age }) => duration(age) },
  ]
}

function Target({ target, protocol }: Pick<ConnectionInfo, 'target' | 'protocol'>): JSX.Element {
  return (
    <span class="target">
      <code title={target ?? ''}>{target ?? '–'}</code>
      {protocol === 'udp' && <span class="tag">UDP</span>}
    </span>
  )
}
