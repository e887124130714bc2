import type { JSX } from 'preact'
import type { ExposedPort } from '../api/ports.js'
import { TokenName } from '../parts/token-cell.js'
import { count } from '../texts/format.js'
import { language, texts } from '../texts/language.js'

/** Ports and host names that the server has opened for providers. */
export function ExposedPorts({ ports }: { readonly ports: readonly ExposedPort[] }): JSX.Element {
  const t = texts.value.ports
  return (
    <section class="stack">
      <h2>{t.exposed}</h2>
      <PortTable ports={ports} />
    </section>
  )
}

function PortTable({ ports }: { readonly ports: readonly ExposedPort[] }): JSX.Element {
  const t = texts.value.ports
  return (
    <div class="card table stacks" tabIndex={0} role="region" aria-label={t.exposed}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t.place}</th>
            <th scope="col">{t.target}</th>
            <th scope="col">{texts.value.tokens.token}</th>
            <th scope="col" class="number">
              {t.connections}
            </th>
            <th scope="col">{t.since}</th>
          </tr>
        </thead>
        <tbody>
          {ports.map(({ open, target, opened_at, connections, ...token }) => (
            <tr key={open}>
              <th scope="row">{open}</th>
              <td class="wide">{target}</td>
              <td class="wide" data-name={texts.value.tokens.token}>
                <TokenName {...token} />
              </td>
              <td class="number" data-name={t.connections}>
                {count(connections)}
              </td>
              <td data-name={t.since}>{new Date(opened_at).toLocaleString(language.value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
