import type { JSX } from 'preact'
import { texts } from '../texts/language.js'

/** Token of a row, as the API shows it. */
export interface TokenOfRow {
  readonly token_name: string | null
  readonly token_id: string | null
}

export interface TokenCellProps extends TokenOfRow {
  readonly role: string
}

/** Token of a row: its name or id, and its kind. */
export function TokenCell({ role, ...token }: TokenCellProps): JSX.Element {
  const kinds: Readonly<Record<string, string>> = texts.value.tokens.kinds
  return (
    <span class="shortened token-cell">
      <TokenName {...token} />
      <span class="tag">{kinds[role] ?? texts.value.list.ownPort}</span>
    </span>
  )
}

/** Name of a token, or its id where it has none. The style sheet shortens long names; the title shows the whole. */
export function TokenName({ token_name: name, token_id: id }: TokenOfRow): JSX.Element {
  return name === null ? <code>{id ?? '–'}</code> : <span title={name}>{name}</span>
}
