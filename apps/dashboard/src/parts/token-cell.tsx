import type { JSX } from 'preact'
import { texts } from '../texts/language.js'

export interface TokenCellProps {
  readonly token_name: string | null
  readonly token_id: string | null
  readonly role: string
}

/** Token of a row: its name or id, and its kind. */
export function TokenCell({ token_name: name, token_id: id, role }: TokenCellProps): JSX.Element {
  const kinds: Readonly<Record<string, string>> = texts.value.tokens.kinds
  return (
    <span class="token-cell">
      {name === null ? <code>{id ?? '–'}</code> : <span title={name}>{name}</span>}{' '}
      <span class="tag">{kinds[role] ?? texts.value.list.ownPort}</span>
    </span>
  )
}
