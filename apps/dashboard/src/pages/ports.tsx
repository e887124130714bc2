import type { JSX } from 'preact'
import { listPorts } from '../api/ports.js'
import { listTokens, type TokenInfo } from '../api/tokens.js'
import { usePolled } from '../live/polled.js'
import { CopyLine } from '../parts/copy-line.js'
import { EmptyState } from '../parts/empty-state.js'
import { count } from '../texts/format.js'
import { texts } from '../texts/language.js'
import { ExposedPorts } from './exposed-ports.js'

/** Interval of requests, in milliseconds. */
const periodMs = 2000

/** Page of the ports through which programs reach the networks of providers. */
export function Ports(): JSX.Element {
  const t = texts.value.ports
  const { value: tokens } = usePolled(listTokens, periodMs)
  const { value: exposed } = usePolled(listPorts, periodMs)
  if (tokens === undefined || exposed === undefined) return <div class="card loading" />
  const open = tokens.filter(({ port = -1 }) => port > 0)
  if (open.length + exposed.length === 0) return <EmptyState icon="ports" title={t.none} hint={t.noneHint} />
  return (
    <div class="stack">
      {open.map((token) => (
        <Port key={token.id} token={token} />
      ))}
      {exposed.length > 0 && <ExposedPorts ports={exposed} />}
    </div>
  )
}

function Port({ token: { id, port, policy, clients_count: providers } }: { readonly token: TokenInfo }): JSX.Element {
  const t = texts.value.ports
  const name = policy?.name ?? id
  return (
    <section class="card port">
      <h2>
        {port} <span class="muted">{name}</span>
      </h2>
      <p class="muted">{providers === 0 ? t.noProvider : `${t.providers}: ${count(providers)}`}</p>
      <CopyLine text={`curl -x socks5h://127.0.0.1:${port} https://example.com/`} label={`${t.use} ${name}`} />
    </section>
  )
}
