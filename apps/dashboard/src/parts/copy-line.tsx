import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { texts } from '../texts/language.js'
import { Icon } from './icon.js'

/** Time for which the button shows the result, in milliseconds. */
const tellMs = 2000

/** A line of text with a button that copies it. */
export function CopyLine({ text, label }: { readonly text: string; readonly label: string }): JSX.Element {
  const t = texts.value
  const [told, setTold] = useState<string>()
  const line = useRef<HTMLElement>(null)
  const copy = async (): Promise<void> => {
    setTold(
      await copyText(text).then(
        () => t.copied,
        () => selectAll(line.current, t.copyFailed),
      ),
    )
    setTimeout(() => setTold(undefined), tellMs)
  }
  return (
    <div class="copy-line">
      <code ref={line} tabIndex={0} role="textbox" aria-readonly="true" aria-label={label}>
        {text}
      </code>
      <button onClick={() => void copy()} type="button">
        <Icon name="copy" />
        <span aria-live="polite">{told ?? t.copy}</span>
      </button>
    </div>
  )
}

/** Copies a text. The clipboard is available to secure pages only. */
async function copyText(text: string): Promise<void> {
  await navigator.clipboard.writeText(text)
}

function selectAll(element: HTMLElement | null, told: string): string {
  if (element !== null) getSelection()?.selectAllChildren(element)
  return told
}
