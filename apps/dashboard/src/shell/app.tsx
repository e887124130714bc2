import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import { session } from '../api/session.js'
import { watchServer } from '../live/live.js'
import { Config } from '../pages/config.js'
import { Connections } from '../pages/connections.js'
import { Destinations } from '../pages/destinations.js'
import { Links } from '../pages/links.js'
import { Log } from '../pages/log.js'
import { Overview } from '../pages/overview.js'
import { Ports } from '../pages/ports.js'
import { Tokens } from '../pages/tokens.js'
import { Frame } from './frame.js'
import { Login } from './login.js'
import { page, type PageName } from './route.js'

const pages: Readonly<Record<PageName, () => JSX.Element>> = {
  overview: Overview,
  links: Links,
  connections: Connections,
  destinations: Destinations,
  tokens: Tokens,
  ports: Ports,
  log: Log,
  config: Config,
}

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
