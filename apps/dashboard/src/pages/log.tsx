import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { log, type LogEntry } from '../live/log.js'
import { EmptyState } from '../parts/empty-state.js'
import { SearchField } from '../parts/field.js'
import { language, texts } from '../texts/language.js'

const kinds = ['link', 'connection', 'refusal', 'reload', 'drain'] as const

/** Most rows shown; the search covers all stored entries. */
const maxRows = 200

/** Page of the events as they happen. */
export function Log(): JSX.Element {
  const t = texts.value.log
  const [kind, setKind] = useState('')
  const [search, setSearch] = useState('')
  const [held, setHeld] = useState<readonly LogEntry[]>()
  const entries = held ?? log.value
  if (entries.length === 0) return <EmptyState icon="log" title={t.none} hint={t.noneHint} />
  const shown = entries.filter((entry) => entry.name.startsWith(kind) && isFound(entry, search.toLowerCase()))
  return (
    <>
      <div class="toolbar">
        <SearchField onSearch={setSearch} />
        <select aria-label={t.kind} onChange={(event) => setKind(event.currentTarget.value)}>
          <option value="">{t.all}</option>
          {kinds.map((each) => (
            <option key={each} value={each}>
              {t.kinds[each]}
            </option>
          ))}
        </select>
        <button aria-pressed={held !== undefined} onClick={() => setHeld(held === undefined ? log.value : undefined)}>
          {held === undefined ? t.pause : t.goOn}
        </button>
      </div>
      <div class="card table" tabIndex={0} role="region" aria-label={texts.value.pages.log}>
        <table class="log">
          <tbody>
            {shown.slice(0, maxRows).map((entry) => (
              <Row key={entry.number} entry={entry} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

function Row({ entry: { name, atMs, data } }: { readonly entry: LogEntry }): JSX.Element {
  const names: Readonly<Record<string, string>> = texts.value.log.names
  return (
    <tr>
      <td class="muted time">{new Date(atMs).toLocaleTimeString(language.value, { hour12: false })}</td>
      <td>
        <span class={`tag ${name}`}>{names[name] ?? name}</span>
      </td>
      <td class="what">{wordsOf(data)}</td>
    </tr>
  )
}

/** Fields that people look for first; the others are useful only for programs. */
const shownFields = [
  'target',
  'token_name',
  'token_id',
  'client_address',
  'role',
  'outcome',
  'reason',
  'cause',
  'detail',
]

function wordsOf(data: LogEntry['data']): string {
  const values = shownFields.filter((name) => name !== 'token_id' || typeof data['token_name'] !== 'string')
  const words = values.flatMap((name) => (typeof data[name] === 'string' ? [data[name]] : []))
  return words.length > 0 ? words.join(' · ') : JSON.stringify(data)
}

function isFound({ name, data }: LogEntry, search: string): boolean {
  return search === '' || `${name} ${JSON.stringify(data)}`.toLowerCase().includes(search)
}
