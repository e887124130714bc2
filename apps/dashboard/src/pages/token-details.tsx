import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { revealToken, revokeToken, type TokenInfo } from '../api/tokens.js'
import { Dialog } from '../parts/dialog.js'
import { QuotaMeter } from '../parts/quota-meter.js'
import { fill } from '../texts/format.js'
import { texts } from '../texts/language.js'
import { TokenLine } from './token-line.js'

export interface TokenDetailsProps {
  readonly token: TokenInfo
  readonly onRevoked: () => void
  readonly onClose: () => void
}

/** Details of one token: its line to paste, and its revocation. */
export function TokenDetails({ token, onRevoked, onClose }: TokenDetailsProps): JSX.Element {
  const t = texts.value.tokens
  const name = token.policy?.name ?? token.id
  const [text, setText] = useState<string>()
  const [fault, setFault] = useState<string>()
  const [isAsking, setAsking] = useState(false)
  const fail = (error: unknown): void => setFault(error instanceof Error ? error.message : String(error))
  useEffect(() => {
    void revealToken(token.id).then(setText, fail)
  }, [token.id])
  const revoke = async (): Promise<void> => {
    await revokeToken(token.id).then(() => {
      onRevoked()
      onClose()
    }, fail)
  }
  return (
    <Dialog title={isAsking ? fill(t.revokeTitle, name) : name} onClose={onClose}>
      {fault !== undefined && (
        <p class="fault" role="alert">
          {fault}
        </p>
      )}
      {isAsking ? (
        <Question onRevoke={() => void revoke()} onCancel={() => setAsking(false)} />
      ) : (
        <Facts token={token} text={text} onRevoke={() => setAsking(true)} />
      )}
    </Dialog>
  )
}

interface QuestionProps {
  readonly onRevoke: () => void
  readonly onCancel: () => void
}

/** Asks for confirmation of the revocation. */
function Question({ onRevoke, onCancel }: QuestionProps): JSX.Element {
  const t = texts.value.tokens
  return (
    <>
      <p>{t.revokeHint}</p>
      <div class="actions">
        <button onClick={onCancel}>{texts.value.cancel}</button>
        <button class="danger" onClick={onRevoke}>
          {t.revoke}
        </button>
      </div>
    </>
  )
}

interface FactsProps {
  readonly token: TokenInfo
  /** Text of the token; undefined until the server has sent it. */
  readonly text: string | undefined
  readonly onRevoke: () => void
}

function Facts({ token: { type, quota, policy }, text, onRevoke }: FactsProps): JSX.Element {
  return (
    <>
      {text !== undefined && <TokenLine kind={type} token={text} />}
      {quota?.map((each) => (
        <QuotaMeter key={each.period} quota={each} showsEnd />
      ))}
      {policy?.note !== undefined && <p class="muted">{policy.note}</p>}
      <div class="actions">
        <button class="danger" onClick={onRevoke}>
          {texts.value.tokens.revoke}
        </button>
      </div>
    </>
  )
}
