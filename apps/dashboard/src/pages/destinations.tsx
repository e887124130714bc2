import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { type DestinationInfo, listDestinations } from '../api/lists.js'
import { EmptyState } from '../parts/empty-state.js'
import { type Column, LiveTable } from '../parts/live-table.js'
import { bytes, count } from '../texts/format.js'
import { texts } from '../texts/language.js'

/** Page of the traffic by destination, ended connections included. */
export function Destinations(): JSX.Element {
  const t = texts.value
  const columns = useMemo(columnsOf, [t])
  return (
    <LiveTable
      label={t.pages.destinations}
      columns={columns}
      firstSort="bytes"
      ask={listDestinations}
      empty={<EmptyState icon="destinations" title={t.list.noConnections} hint={t.list.noConnectionsHint} />}
    />
  )
}

function columnsOf(): Column<DestinationInfo>[] {
  const { list, overview } = texts.value
  return [
    { name: list.target, sort: 'target', isLong: true, cell: ({ target }) => <code title={target}>{target}</code> },
    { name: overview.down, isNumber: true, cell: ({ bytes_from_target: down }) => bytes(down) },
    { name: overview.up, isNumber: true, cell: ({ bytes_to_target: up }) => bytes(up) },
    { name: list.open, sort: 'open', isNumber: true, cell: ({ open }) => count(open) },
    { name: list.ended, sort: 'ended', isNumber: true, cell: ({ ended }) => count(ended) },
    { name: list.failed, sort: 'failed', isNumber: true, cell: ({ failed }) => count(failed) },
  ]
}
