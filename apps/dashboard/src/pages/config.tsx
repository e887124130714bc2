import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { call } from '../api/call.js'
import { numbers } from '../live/live.js'
import { texts } from '../texts/language.js'
import { Configuration } from './configuration.js'

/** Page that reloads the configuration and shows the result. */
export function Config(): JSX.Element {
  const t = texts.value.config
  const [outcome, setOutcome] = useState<Outcome>()
  const [isBusy, setBusy] = useState(false)
  const reload = async (): Promise<void> => {
    setBusy(true)
    setOutcome(await reloadConfiguration())
    setBusy(false)
  }
  const reasons = numbers.value?.reasons ?? []
  return (
    <div class="stack">
      {reasons.length > 0 && (
        <section class="card">
          <h2>{texts.value.notReady}</h2>
          <ul>
            {reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </section>
      )}
      <Configuration />
      <section class="card">
        <h2>{t.reload}</h2>
        <p class="muted">{t.reloadHint}</p>
        <div class="actions start">
          <button class="primary" disabled={isBusy} onClick={() => void reload()}>
            {t.reload}
          </button>
        </div>
        <div role="status">{outcome !== undefined && <Told outcome={outcome} />}</div>
      </section>
    </div>
  )
}

type Outcome = { readonly changes: readonly string[] } | { readonly fault: string }

async function reloadConfiguration(): Promise<Outcome> {
  try {
    return await call<{ changes: string[] }>('POST', 'reload')
  } catch (error) {
    return { fault: error instanceof Error ? error.message : String(error) }
  }
}

function Told({ outcome }: { readonly outcome: Outcome }): JSX.Element {
  const t = texts.value.config
  if ('fault' in outcome) return <p class="fault">{outcome.fault}</p>
  if (outcome.changes.length === 0) return <p>{t.nothing}</p>
  return (
    <>
      <p>{t.changed}</p>
      <ul>
        {outcome.changes.map((change) => (
          <li key={change}>{change}</li>
        ))}
      </ul>
    </>
  )
}
