import { echoServer, type TestServer, until, within } from '@ls/testkit'
import { describe, expect, test, type TestContext } from 'vitest'
import { type Cast, type Link, startLink } from './link.js'
import { cutCases, hangsAfterCut, hopsOfSubject, socksSideOf } from './matrix.js'
import { readExactly, socksConnect } from './socks-client.js'
import { type SocketEnding, socketEnding } from './socket-ending.js'
import { download, transferServer, upload } from './transfer.js'

/** Three Python programs on two busy cores, and what follows. */
const CASE_TIMEOUT_MS = 90_000
/** More than any of them carries before the cut. */
const ENDLESS_BYTES = 10 * 1024 ** 3
/** Under way in earnest. */
const BEFORE_CUT_BYTES = 64 * 1024
/** Several cases share two cores. */
const TRANSFER_DEADLINE_MS = 20_000
/** Where our side faces the application. */
const OUR_DEADLINE_MS = 5000
/** Go dials again after some seconds and closes its SOCKS connections 5 s after Disconnect, one after the other. */
const THEIR_DEADLINE_MS = 25_000

const cuts = cutCases().flatMap(({ title, cast }) =>
  hopsOfSubject(cast).map((hop) => ({
    title: `${title}, ${hop} cut`,
    cast,
    hop,
    ours: socksSideOf(cast).name === 'ours',
  })),
)

describe.concurrent('A cut in the middle', () => {
  test.for(cuts.filter(({ ours }) => ours))(
    'resets applications at ours: $title',
    { timeout: CASE_TIMEOUT_MS },
    async ({ cast, hop }, context) => {
      const link = await linkOf(cast, context)
      const endings = await openThree(link, context)
      link.relays.get(hop)?.strike('reset')
      const seen = await within(Promise.all(endings), 'all connections to end', { deadlineMs: OUR_DEADLINE_MS })
      expect(seen).toEqual(['reset', 'reset', 'reset'])
    },
  )

  // Ends and resets are what the deployed program makes of it; what pywssocks cannot do is in docs/interop.md.
  const theirs = cuts.filter(({ ours, cast, hop }) => !ours && !hangsAfterCut(cast, hop))
  test.for(theirs)(
    'leaves none waiting at a deployed program: $title',
    { timeout: CASE_TIMEOUT_MS },
    async ({ cast, hop }, context) => {
      const link = await linkOf(cast, context)
      const endings = await openThree(link, context)
      link.relays.get(hop)?.strike('reset')
      const seen = await within(Promise.all(endings), 'all connections to end', { deadlineMs: THEIR_DEADLINE_MS })
      expect(seen).toHaveLength(3)
    },
  )
})

async function linkOf(cast: Cast, { onTestFailed, onTestFinished }: TestContext): Promise<Link> {
  const link = await startLink(cast, { relayed: true })
  onTestFailed(() => console.error(link.report()))
  onTestFinished(() => link.close())
  return link
}

/** A download, an upload and an idle connection, all under way; how each of them ends. */
async function openThree({ socksPort }: Link, context: TestContext): Promise<Promise<SocketEnding>[]> {
  const transfer = closing(await transferServer(), context)
  const echo = closing(await echoServer(), context)
  const down = await socksConnect(socksPort, '127.0.0.1', transfer.port)
  const up = await socksConnect(socksPort, '127.0.0.1', transfer.port)
  const idle = await socksConnect(socksPort, '127.0.0.1', echo.port)
  idle.write('ping')
  await readExactly(idle, 4)
  idle.resume()
  const endings = [down, up, idle].map((socket) => socketEnding(socket))
  // Both fail when the link is cut, which is what the endings tell.
  download(down, ENDLESS_BYTES).catch(() => down.resume())
  upload(up, ENDLESS_BYTES).catch(() => {})
  const underWay = (): boolean => down.bytesRead > BEFORE_CUT_BYTES && up.bytesWritten > BEFORE_CUT_BYTES
  await until(underWay, 'both transfers', { deadlineMs: TRANSFER_DEADLINE_MS })
  return endings
}

function closing(server: TestServer, { onTestFinished }: TestContext): TestServer {
  onTestFinished(() => server.close())
  return server
}
