import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { listTokens, type TokenInfo } from '../api/tokens.js'
import { usePolled } from '../live/polled.js'
import { EmptyState } from '../parts/empty-state.js'
import { Icon } from '../parts/icon.js'
import { QuotaMeter } from '../parts/quota-meter.js'
import { count, fill, rate as bytesPerSecond } from '../texts/format.js'
import { language, texts } from '../texts/language.js'
import { CreateToken } from './create-token.js'
import { TokenDetails } from './token-details.js'

/** Interval of requests for tokens, in milliseconds. */
const periodMs = 2000

/** Page of the tokens. */
export function Tokens(): JSX.Element {
  const t = texts.value.tokens
  const { value: tokens, error, refresh } = usePolled(listTokens, periodMs)
  const [isCreating, setCreating] = useState(false)
  const [shown, setShown] = useState<TokenInfo>()
  return (
    <>
      <div class="toolbar">
        <button class="primary" onClick={() => setCreating(true)}>
          <Icon name="plus" />
          {t.create}
        </button>
      </div>
      {error !== undefined && (
        <p class="fault" role="alert">
          {error}
        </p>
      )}
      {tokens?.length === 0 && <EmptyState icon="tokens" title={t.none} hint={t.noneHint} />}
      {tokens !== undefined && tokens.length > 0 && <TokenTable tokens={tokens} onShow={setShown} />}
      {isCreating && <CreateToken tokens={tokens ?? []} onMade={refresh} onClose={() => setCreating(false)} />}
      {shown !== undefined && <TokenDetails token={shown} onRevoked={refresh} onClose={() => setShown(undefined)} />}
    </>
  )
}

interface TokenTableProps {
  readonly tokens: readonly TokenInfo[]
  readonly onShow: (token: TokenInfo) => void
}

function TokenTable({ tokens, onShow }: TokenTableProps): JSX.Element {
  const t = texts.value.tokens
  return (
    <div class="card table stacks" tabIndex={0} role="region" aria-label={texts.value.pages.tokens}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t.name}</th>
            <th scope="col">{t.kind}</th>
            <th scope="col" class="number">
              {t.clients}
            </th>
            <th scope="col" class="number">
              {t.port}
            </th>
            <th scope="col">{t.policy}</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <TokenRow key={token.id} token={token} onShow={onShow} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface TokenRowProps {
  readonly token: TokenInfo
  readonly onShow: (token: TokenInfo) => void
}

function TokenRow({ token, onShow }: TokenRowProps): JSX.Element {
  const t = texts.value.tokens
  return (
    <tr>
      <th scope="row">
        <span class="named">
          {token.policy?.name ?? <span class="muted">{t.unnamed}</span>} <code>{token.id}</code>
        </span>
      </th>
      <td>
        <span class={`tag ${token.type}`}>{t.kinds[token.type]}</span>
      </td>
      <td class="number" data-name={t.clients}>
        {count(token.clients_count)}
      </td>
      <td class="number" data-name={t.port}>
        {(token.port ?? -1) < 0 ? '–' : token.port}
      </td>
      <td class="muted wide">
        {[policyWords(token), token.kept ? '' : t.notKept].filter(Boolean).join(' · ')}
        {token.quota?.map((quota) => (
          <QuotaMeter key={quota.period} quota={quota} />
        ))}
      </td>
      <td class="end">
        <button onClick={() => onShow(token)}>{t.show}</button>
      </td>
    </tr>
  )
}

/** Speed as it was entered: `10Mbit`. */
function speed(value: string | number | undefined): string {
  return typeof value === 'number' ? bytesPerSecond(value) : (value ?? '∞')
}

function policyWords({ policy = {}, quota }: TokenInfo): string {
  const t = texts.value.tokens
  const { maxLinks, maxChannels, rate, expiresAt, allow, deny, sources } = policy
  const words = [
    maxLinks !== undefined && fill(t.policyLinks, count(maxLinks)),
    maxChannels !== undefined && fill(t.policyChannels, count(maxChannels)),
    rate !== undefined && `↓ ${speed(rate.down)} ↑ ${speed(rate.up)}`,
    expiresAt !== undefined && fill(t.policyUntil, new Date(expiresAt).toLocaleString(language.value)),
    (allow ?? deny) !== undefined && t.policyTargets,
    sources !== undefined && t.policySources,
  ].filter((each) => each !== false)
  return words.length === 0 && quota === undefined ? t.unlimited : words.join(' · ')
}
