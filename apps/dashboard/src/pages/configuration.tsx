import type { JSX } from 'preact'
import { type Configuration as Shown, showConfiguration } from '../api/configuration.js'
import { usePolled } from '../live/polled.js'
import { changedLines, type DiffLine, diffLines } from '../parts/diff.js'
import { fill } from '../texts/format.js'
import { texts } from '../texts/language.js'

/** Interval of requests for the file, in milliseconds. */
const periodMs = 3000

/** Settings in force, and the changes that a reload of the file would make. */
export function Configuration(): JSX.Element | null {
  const t = texts.value.config
  const { value } = usePolled(showConfiguration, periodMs)
  if (value === undefined) return null
  if (value === 'none') return <p class="card muted">{t.noFile}</p>
  return (
    <>
      <section class="card">
        <h2>{fill(t.file, value.path)}</h2>
        <FileState shown={value} />
      </section>
      <section class="card">
        <details>
          <summary>{t.running}</summary>
          <Text label={t.running} lines={value.running.split('\n').map((text) => ({ kind: 'same', text }))} />
        </details>
      </section>
    </>
  )
}

function FileState({ shown: { running, file, mistakes } }: { readonly shown: Shown }): JSX.Element {
  const t = texts.value.config
  if (file === running) return <p>{t.same}</p>
  const [what, lines] =
    file === null
      ? [t.mistakes, mistakes.map((text): DiffLine => ({ kind: 'same', text }))]
      : [t.differs, changedLines(diffLines(running, file))]
  return (
    <>
      <p class={file === null ? 'fault' : ''}>{what}</p>
      <Text label={what} lines={lines} />
    </>
  )
}

const marks = { same: ' ', added: '+', removed: '-' } as const

function Text({ label, lines }: { readonly label: string; readonly lines: readonly DiffLine[] }): JSX.Element {
  return (
    <pre class="lines" tabIndex={0} role="region" aria-label={label}>
      {lines.map(({ kind, text }, index) => (
        <span key={index} class={kind}>{`${marks[kind]} ${text}\n`}</span>
      ))}
    </pre>
  )
}
