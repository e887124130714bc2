import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { listTokens, revealToken, type TokenInfo } from '../api/tokens.js'
import { usePolled } from '../live/polled.js'
import { CopyLine } from '../parts/copy-line.js'
import { addressOf } from '../shell/route.js'
import { texts } from '../texts/language.js'
import { nextLine } from '../texts/next-line.js'

/** Interval of requests for tokens, in milliseconds. */
const periodMs = 5000

/** Instructions for a server that has not been used yet. */
export function FirstSteps(): JSX.Element {
  const t = texts.value.empty
  const { value: tokens = [] } = usePolled(listTokens, periodMs)
  const [first] = tokens
  return (
    <section class="card wide first-steps">
      <h2>{t.title}</h2>
      {first === undefined ? <MakeToken /> : <RunLine token={first} />}
    </section>
  )
}

function MakeToken(): JSX.Element {
  const t = texts.value.empty
  return (
    <p class="step">
      {t.makeToken}
      <a class="button primary" href={addressOf('tokens')}>
        {t.makeTokenButton}
      </a>
    </p>
  )
}

function RunLine({ token: { id, type } }: { readonly token: TokenInfo }): JSX.Element {
  const t = texts.value.empty
  const [text, setText] = useState('')
  useEffect(() => {
    void revealToken(id).then(setText, () => {})
  }, [id])
  return (
    <>
      <p>{t.runLine}</p>
      {text !== '' && <CopyLine text={nextLine(type, text)} label={t.runLine} />}
      {type === 'forward' && (
        <>
          <p>{t.useProxy}</p>
          <CopyLine text="curl -x socks5h://127.0.0.1:9870 https://example.com/" label={t.useProxy} />
        </>
      )}
    </>
  )
}
