import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { type ConnectionInfo, cutConnection, listConnections } from '../api/lists.js'
import { ActButton } from '../parts/act-button.js'
import { EmptyState } from '../parts/empty-state.js'
import { type Column, LiveTable } from '../parts/live-table.js'
import { TokenCell } from '../parts/token-cell.js'
import { trafficColumns } from '../parts/traffic-columns.js'
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
    ...trafficColumns(),
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
