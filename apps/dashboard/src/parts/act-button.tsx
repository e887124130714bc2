import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { ApiError } from '../api/call.js'
import { texts } from '../texts/language.js'

export interface ActButtonProps {
  readonly text: string
  /** Object of the action, for screen readers. */
  readonly label: string
  readonly act: () => Promise<void>
  readonly onDone: () => void
}

/** Button that ends something, after a second press: the first asks for confirmation. */
export function ActButton({ text, label, act, onDone }: ActButtonProps): JSX.Element {
  const t = texts.value.list
  const [state, setState] = useState<'idle' | 'asking' | 'busy' | 'failed'>('idle')
  const press = async (): Promise<void> => {
    if (state === 'idle') return setState('asking')
    setState('busy')
    try {
      await act()
    } catch (error) {
      // It has ended by itself in the meantime.
      if (!(error instanceof ApiError && error.status === 404)) return setState('failed')
    }
    onDone()
  }
  const words = { idle: text, asking: t.sure, busy: text, failed: t.failed }
  return (
    <button
      class={state === 'asking' || state === 'failed' ? 'danger' : ''}
      aria-label={`${words[state]} ${label}`}
      disabled={state === 'busy'}
      onClick={() => void press()}
      onBlur={() => setState('idle')}
    >
      {words[state]}
    </button>
  )
}
