import type { JSX } from 'preact'
import { useMemo, useState } from 'preact/hooks'
import {
  type ConnectionInfo,
  cutConnection,
  type GroupInfo,
  type GroupKind,
  listConnections,
  listGroups,
  type ListQuery,
} from '../api/lists.js'
import { numbers } from '../live/live.js'
import { ActButton } from '../parts/act-button.js'
import { EmptyState } from '../parts/empty-state.js'
import { type Column, LiveTable } from '../parts/live-table.js'
import { TokenCell } from '../parts/token-cell.js'
import { rateColumns, trafficColumns } from '../parts/traffic-columns.js'
import { bytes, count } from '../texts/format.js'
import { texts } from '../texts/language.js'

/** Page of the open connections, one by one or in groups. */
export function Connections(): JSX.Element {
  const [group, setGroup] = useState<GroupKind | ''>('')
  const more = <GroupChoice group={group} onChange={setGroup} />
  return group === '' ? <Single more={more} /> : <Groups key={group} group={group} more={more} />
}

function Single({ more }: { readonly more: JSX.Element }): JSX.Element {
  const t = texts.value
  const isClient = numbers.value?.program === 'client'
  const columns = useMemo(() => columnsOf(isClient), [t, isClient])
  return (
    <LiveTable
      label={t.pages.connections}
      columns={columns}
      firstSort="rate"
      ask={listConnections}
      more={more}
      action={({ id, target }, refresh) => (
        <ActButton text={t.list.cut} label={target ?? 'UDP'} act={() => cutConnection(id)} onDone={refresh} />
      )}
      empty={<Nothing />}
    />
  )
}

function Groups({ group, more }: { readonly group: GroupKind; readonly more: JSX.Element }): JSX.Element {
  const t = texts.value
  const columns = useMemo(() => groupColumns(group), [t, group])
  const ask = useMemo(() => (query: ListQuery, signal: AbortSignal) => listGroups(group, query, signal), [group])
  return (
    <LiveTable
      label={t.pages.connections}
      columns={columns}
      firstSort="rate"
      ask={ask}
      more={more}
      empty={
        <>
          {more}
          <Nothing />
        </>
      }
    />
  )
}

function Nothing(): JSX.Element {
  const t = texts.value.list
  return <EmptyState icon="connections" title={t.noConnections} hint={t.noConnectionsHint} />
}

interface GroupChoiceProps {
  readonly group: GroupKind | ''
  readonly onChange: (group: GroupKind | '') => void
}

function GroupChoice({ group, onChange }: GroupChoiceProps): JSX.Element {
  const t = texts.value.list
  const kinds = numbers.value?.program === 'client' ? (['target'] as const) : (['target', 'token', 'provider'] as const)
  return (
    <select
      aria-label={t.group}
      value={group}
      onChange={(event) => onChange(event.currentTarget.value as GroupKind | '')}
    >
      <option value="">{t.single}</option>
      {kinds.map((kind) => (
        <option key={kind} value={kind}>
          {t.groups[kind]}
        </option>
      ))}
    </select>
  )
}

function columnsOf(isClient: boolean): Column<ConnectionInfo>[] {
  const t = texts.value.list
  const owner: Column<ConnectionInfo>[] = [
    { name: t.token, sort: 'token', isLong: true, cell: TokenCell },
    { name: t.client, sort: 'address', isLong: true, isMinor: true, cell: Client },
  ]
  return [
    { name: t.target, sort: 'target', isLong: true, cell: Target },
    ...(isClient ? [] : owner),
    {
      name: t.queued,
      isNumber: true,
      isMinor: true,
      cell: ({ queued_bytes: queued, unsent_bytes: unsent }) => (queued + unsent === 0 ? '–' : bytes(queued + unsent)),
    },
    ...trafficColumns(),
  ]
}

function groupColumns(group: GroupKind): Column<GroupInfo>[] {
  const t = texts.value.list
  return [
    {
      name: t.groupNames[group],
      sort: 'target',
      isLong: true,
      cell: ({ name }) => <code title={name ?? ''}>{name ?? '–'}</code>,
    },
    { name: t.connections, sort: 'age', isNumber: true, cell: ({ connections }) => count(connections) },
    ...rateColumns<GroupInfo>(),
  ]
}

function Client({ client_address: address }: ConnectionInfo): JSX.Element {
  return address === null ? <>{texts.value.list.ownPort}</> : <code title={address}>{address}</code>
}

function Target({ target, protocol }: ConnectionInfo): JSX.Element {
  return (
    <span class="shortened">
      <code title={target ?? ''}>{target ?? '–'}</code>
      {protocol === 'udp' && <span class="tag">UDP</span>}
    </span>
  )
}
