import type { JSX } from 'preact'
import { texts } from '../texts/language.js'
import { Icon } from './icon.js'

export interface FieldProps {
  readonly name: string
  readonly label: string
  /** Description of the expected input. */
  readonly hint?: string
  readonly type?: 'text' | 'number' | 'datetime-local'
  readonly maxLength?: number
}

/** A field of a form with its label. */
export function Field({ name, label, hint = '', type = 'text', maxLength = 10_000 }: FieldProps): JSX.Element {
  // The types of Preact have one element for each kind of field.
  const kind = { type } as { type: 'text' }
  return (
    <label class="field">
      <span>{label}</span>
      <input {...kind} name={name} placeholder={hint} maxLength={maxLength} autocomplete="off" spellcheck={false} />
    </label>
  )
}

/** A field to search a list. */
export function SearchField({ onSearch }: { readonly onSearch: (text: string) => void }): JSX.Element {
  const { search } = texts.value.list
  return (
    <label class="search">
      <Icon name="search" />
      <input
        type="search"
        placeholder={search}
        aria-label={search}
        onInput={(event) => onSearch(event.currentTarget.value)}
      />
    </label>
  )
}
