import type { JSX } from 'preact'
import type { TokenKind } from '../api/tokens.js'
import { CopyLine } from '../parts/copy-line.js'
import { Qr } from '../parts/qr.js'
import { texts } from '../texts/language.js'
import { nextLine } from '../texts/next-line.js'

/** A token as a line to paste on the other machine. */
export function TokenLine({ kind, token }: { readonly kind: TokenKind; readonly token: string }): JSX.Element {
  const t = texts.value.tokens
  const line = nextLine(kind, token)
  return (
    <div class="token-line">
      <p>{t.madeHint}</p>
      <CopyLine text={line} label={t.madeHint} />
      <p>{t.token}</p>
      <CopyLine text={token} label={t.token} />
      <Qr text={line} label={t.qr} />
    </div>
  )
}
