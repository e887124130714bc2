import type { JSX } from 'preact'
import { useMemo } from 'preact/hooks'
import { closeLink, type LinkInfo, listLinks } from '../api/lists.js'
import { numbers } from '../live/live.js'
import { ActButton } from '../parts/act-button.js'
import { EmptyState } from '../parts/empty-state.js'
import { type Column, LiveTable } from '../parts/live-table.js'
import { TokenCell } from '../parts/token-cell.js'
import { trafficColumns } from '../parts/traffic-columns.js'
import { addressOf } from '../shell/route.js'
import { count, milliseconds } from '../texts/format.js'
import { texts } from '../texts/language.js'

/** Page of the links. */
export function Links(): JSX.Element {
  const t = texts.value
  const isClient = numbers.value?.program === 'client'
  const columns = useMemo(() => columnsOf(isClient), [t, isClient])
  return (
    <LiveTable
      label={t.pages.links}
      columns={columns}
      firstSort="rate"
      ask={listLinks}
      action={({ id, client_address: address }, refresh) =>
        isClient ? null : <ActButton text={t.list.close} label={address} act={() => closeLink(id)} onDone={refresh} />
      }
      empty={
        isClient ? (
          <EmptyState icon="links" title={t.empty.noServer} hint={t.empty.noServerHint} />
        ) : (
          <EmptyState icon="links" title={t.empty.title} hint={t.list.noLinksHint}>
            <a class="button primary" href={addressOf('tokens')}>
              {t.pages.tokens}
            </a>
          </EmptyState>
        )
      }
    />
  )
}

function columnsOf(isClient: boolean): Column<LinkInfo>[] {
  const t = texts.value.list
  const peer: Column<LinkInfo>[] = [
    { name: t.client, sort: 'address', isLong: true, cell: Address },
    { name: t.token, sort: 'token', isLong: true, cell: TokenCell },
    { name: t.process, isMinor: true, cell: ({ instance }) => <code title={instance}>{instance.slice(0, 8)}</code> },
  ]
  return [
    ...(isClient ? [{ name: t.server, sort: 'address', isLong: true, cell: Address }] : peer),
    {
      name: t.roundTrip,
      sort: 'round_trip',
      isNumber: true,
      cell: ({ round_trip_ms: ms }) => (ms === null ? '–' : milliseconds(ms)),
    },
    { name: t.resumes, isNumber: true, isMinor: true, cell: ({ resumes }) => count(resumes) },
    { name: t.connections, sort: 'channels', isNumber: true, cell: ({ channels }) => count(channels) },
    ...trafficColumns(),
  ]
}

function Address({ client_address: address, state }: LinkInfo): JSX.Element {
  return (
    <span class={`shortened address ${state}`}>
      <code title={address}>{address}</code>
      {state === 'waiting' && <span class="tag">{texts.value.list.waiting}</span>}
    </span>
  )
}
