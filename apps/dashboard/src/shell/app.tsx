import { useEffect } from 'preact/hooks'
import type { JSX } from 'preact'
import { session } from '../api/session.js'
import { watchServer } from '../live/live.js'
import { Overview } from '../pages/overview.js'
import { Tokens } from '../pages/tokens.js'
import { Frame } from './frame.js'
import { Login } from './login.js'
import { page, type PageName } from './route.js'

const pages: Readonly<Record<PageName, () => JSX.Element>> = { overview: Overview, tokens: Tokens }

/** The whole page. */
export function App(): JSX.Element {
  if (session.value === 'asking') return <div class="blank" />
  return session.value === 'out' ? <Login /> : <Signed />
}

function Signed(): JSX.Element {
  useEffect(watchServer, [])
  const Page = pages[page.value]
  return (
    <Frame>
      <Page />
    </Frame>
  )
}
