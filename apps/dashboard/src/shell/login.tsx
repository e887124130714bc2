import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import { ApiError } from '../api/call.js'
import { signIn } from '../api/session.js'
import { fill } from '../texts/format.js'
import { texts } from '../texts/language.js'
import { Logo } from './logo.js'
import { Preferences } from './preferences.js'

/** Form for the API key. */
export function Login(): JSX.Element {
  const t = texts.value.login
  const [fault, setFault] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const field = useRef<HTMLInputElement>(null)
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    setFault(undefined)
    try {
      await signIn(field.current?.value ?? '')
    } catch (error) {
      setFault(faultOf(error))
      field.current?.select()
    } finally {
      setBusy(false)
    }
  }
  return (
    <main class="login">
      <form class="card" onSubmit={(event) => void submit(event)}>
        <Logo />
        <h1>{t.title}</h1>
        <label for="key">{t.key}</label>
        <input
          id="key"
          ref={field}
          type="password"
          autocomplete="current-password"
          required
          autofocus
          aria-describedby="key-hint key-fault"
          aria-invalid={fault !== undefined}
        />
        <KeyHint />
        <p class="fault" id="key-fault" role="alert">
          {fault}
        </p>
        <button class="primary" disabled={isBusy}>
          {t.submit}
        </button>
      </form>
      <Preferences />
    </main>
  )
}

/** Says which flag of the server has the key. */
function KeyHint(): JSX.Element {
  const [beforeFlag, afterFlag] = texts.value.login.hint.split('{}')
  return (
    <p class="hint" id="key-hint">
      {beforeFlag}
      <code>--api-key</code>
      {afterFlag}
    </p>
  )
}

function faultOf(error: unknown): string {
  const t = texts.value.login
  if (!(error instanceof ApiError)) return String(error)
  if (error.status === 0) return t.unreachable
  if (error.status === 429) return fill(t.wait, error.waitSeconds)
  return error.status === 401 ? t.wrong : error.message
}
