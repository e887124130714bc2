import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { createToken, type TokenInfo, type TokenKind } from '../api/tokens.js'
import { Dialog } from '../parts/dialog.js'
import { Field } from '../parts/field.js'
import { texts } from '../texts/language.js'
import { requestOf } from './token-form.js'
import { TokenLine } from './token-line.js'

export interface CreateTokenProps {
  readonly tokens: readonly TokenInfo[]
  readonly onMade: () => void
  readonly onClose: () => void
}

/** Dialog for the purpose of a new token; creates it, and shows the line to paste. */
export function CreateToken({ tokens, onMade, onClose }: CreateTokenProps): JSX.Element {
  const t = texts.value.tokens
  const [made, setMade] = useState<Made>()
  const tell = (next: Made): void => {
    setMade(next)
    onMade()
  }
  if (made !== undefined) {
    return (
      <Dialog title={t.made} onClose={onClose}>
        <TokenLine kind={made.kind} token={made.token} />
      </Dialog>
    )
  }
  return (
    <Dialog title={t.create} onClose={onClose}>
      <TokenForm tokens={tokens} onMade={tell} />
    </Dialog>
  )
}

interface Made {
  readonly kind: TokenKind
  readonly token: string
}

interface TokenFormProps {
  readonly tokens: readonly TokenInfo[]
  readonly onMade: (made: Made) => void
}

function TokenForm({ tokens, onMade }: TokenFormProps): JSX.Element {
  const t = texts.value.tokens
  const [kind, setKind] = useState<TokenKind>('forward')
  const [fault, setFault] = useState<string>()
  const reverse = tokens.filter(({ type }) => type === 'reverse')
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    const fields = new FormData(event.currentTarget as HTMLFormElement)
    try {
      onMade({ kind, token: await createToken(await requestOf(kind, fields)) })
    } catch (error) {
      setFault(error instanceof Error ? error.message : String(error))
    }
  }
  return (
    <form onSubmit={(event) => void submit(event)}>
      <Kinds kind={kind} onKind={setKind} hasReverse={reverse.length > 0} />
      <Field name="name" label={t.name} hint={t.optional} maxLength={64} />
      {kind === 'reverse' && <Field name="port" label={t.socksPort} hint={t.socksPortHint} type="number" />}
      {kind === 'connector' && <ReverseChoice tokens={reverse} />}
      <PolicyFields />
      <p class="fault" role="alert">
        {fault}
      </p>
      <div class="actions">
        <button class="primary">{t.submit}</button>
      </div>
    </form>
  )
}

/** The token of the providers that a connector leads to. */
function ReverseChoice({ tokens }: { readonly tokens: readonly TokenInfo[] }): JSX.Element {
  return (
    <label class="field">
      <span>{texts.value.tokens.reverseToken}</span>
      <select name="reverse">
        {tokens.map(({ id, policy }) => (
          <option key={id} value={id}>
            {policy?.name ?? id}
          </option>
        ))}
      </select>
    </label>
  )
}

/** The optional fields: what the policy of the token allows. */
function PolicyFields(): JSX.Element {
  const t = texts.value.tokens
  return (
    <details>
      <summary>{t.limits}</summary>
      <div class="fields">
        <Field name="maxLinks" label={t.maxLinks} type="number" />
        <Field name="maxChannels" label={t.maxChannels} type="number" />
        <Field name="down" label={t.rateDown} hint={t.rateHint} />
        <Field name="up" label={t.rateUp} hint={t.rateHint} />
        <Field name="expiresAt" label={t.expires} type="datetime-local" />
        <Field name="sources" label={t.sources} hint="192.0.2.0/24" />
        <Field name="allow" label={t.allow} hint={t.allowHint} />
        <Field name="deny" label={t.deny} hint=":25" />
        <Field name="note" label={t.note} maxLength={1000} />
      </div>
    </details>
  )
}

interface KindsProps {
  readonly kind: TokenKind
  readonly onKind: (kind: TokenKind) => void
  /** Whether there is a token for providers; without one connectors have no destination. */
  readonly hasReverse: boolean
}

function Kinds({ kind, onKind, hasReverse }: KindsProps): JSX.Element {
  const t = texts.value.tokens
  return (
    <fieldset class="kinds">
      <legend>{t.kind}</legend>
      {(['forward', 'reverse', 'connector'] as const).map((each) => (
        <label key={each} class="kind">
          <input
            type="radio"
            name="type"
            value={each}
            checked={each === kind}
            disabled={each === 'connector' && !hasReverse}
            onChange={() => onKind(each)}
          />
          <b>{t.kinds[each]}</b>
          <span>{t.kindHints[each]}</span>
        </label>
      ))}
    </fieldset>
  )
}
