import { echoServer, tcpServer, type TestServer, type TestTcpServer, until, within } from '@ls/testkit'
import { describe, expect, test, type TestContext } from 'vitest'
import { type Cast, type Link, startLink } from './link.js'
import { cutCases, hangsAfterCut, hopsOfSubject, socksSideOf, targetSeesCut } from './matrix.js'
import { type SocketEnding, socketEnding } from './socket-ending.js'
import { readExactly, socksConnect } from './socks-client.js'
import { download, transferServer, upload } from './transfer.js'

/** Time for three Python programs on two busy cores, and for the test itself, in milliseconds. */
const caseTimeoutMs = 90_000
/** More bytes than any program carries before the cut. */
const endlessBytes = 10 * 1024 ** 3
/** Bytes after which a transfer counts as running. */
const beforeCutBytes = 64 * 1024
/** Several cases share two cores. */
const transferTimeoutMs = 20_000
/** Limit where our side faces the application, in milliseconds. */
const ourTimeoutMs = 5000
/**
 * The same where Go does: it dials again after some seconds, and closes its SOCKS connections 5 s after Disconnect, one
 * after the other.
 */
const theirTimeoutMs = 25_000

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
    { timeout: caseTimeoutMs },
    async ({ cast, hop }, context) => {
      const link = await linkOf(cast, context)
      const { applications, target } = await openThree(link, context)
      link.relays.get(hop)?.strike('reset')
      const noticing = targetSeesCut(cast, hop) ? [...applications, target] : applications
      expect(await allWithin(noticing, ourTimeoutMs)).toEqual(noticing.map(() => 'reset'))
    },
  )

  // How connections end depends on the deployed program; docs/interop.md lists what pywssocks cannot do.
  const theirs = cuts.filter(({ ours, cast, hop }) => !ours && !hangsAfterCut(cast, hop))
  test.for(theirs)(
    'leaves none waiting at a deployed program: $title',
    { timeout: caseTimeoutMs },
    async ({ cast, hop }, context) => {
      const link = await linkOf(cast, context)
      const { applications, target } = await openThree(link, context)
      link.relays.get(hop)?.strike('reset')
      // Our end at the target does not wait for the other program's end at the application.
      const targets = targetSeesCut(cast, hop) ? [target] : []
      expect(await allWithin(targets, ourTimeoutMs)).toEqual(targets.map(() => 'reset'))
      expect(await allWithin(applications, theirTimeoutMs)).toHaveLength(3)
    },
  )
})

async function linkOf(cast: Cast, { onTestFailed, onTestFinished }: TestContext): Promise<Link> {
  const link = await startLink(cast, { relayed: true })
  onTestFailed(() => console.error(link.report()))
  onTestFinished(() => link.close())
  return link
}

function allWithin(endings: readonly Promise<SocketEnding>[], timeoutMs: number): Promise<SocketEnding[]> {
  return within(Promise.all(endings), 'all connections to end', { timeoutMs })
}

interface Three {
  /** How a download, an upload and an idle connection end. */
  readonly applications: readonly Promise<SocketEnding>[]
  /** How the target of the upload sees its end. */
  readonly target: Promise<SocketEnding>
}

/** Opens a download, an upload and an idle connection, and waits until all of them move bytes. */
async function openThree({ socksPort }: Link, context: TestContext): Promise<Three> {
  const source = closing(await transferServer(), context)
  const sink = closing(await tcpServer((socket) => socket.resume()), context)
  const echo = closing(await echoServer(), context)
  const down = await socksConnect(socksPort, '127.0.0.1', source.port)
  const up = await socksConnect(socksPort, '127.0.0.1', sink.port)
  const idle = await socksConnect(socksPort, '127.0.0.1', echo.port)
  idle.write('ping')
  await readExactly(idle, 4)
  for (const quiet of [up, idle]) quiet.resume()
  const applications = [down, up, idle].map((socket) => socketEnding(socket))
  // The upload and the download fail when the link is cut, as the endings show.
  upload(up, endlessBytes).catch(() => {})
  await until(() => sunkBytes(sink) > beforeCutBytes, 'the upload', { timeoutMs: transferTimeoutMs })
  // After the upload: a pywssocks provider reads nothing from its link while a fast download keeps it busy.
  download(down, endlessBytes).catch(() => down.resume())
  await until(() => down.bytesRead > beforeCutBytes, 'the download', { timeoutMs: transferTimeoutMs })
  const [sunk] = sink.sockets
  if (sunk === undefined) throw new Error('the upload ended before the cut')
  return { applications, target: socketEnding(sunk) }
}

function sunkBytes({ sockets }: TestTcpServer): number {
  return Array.from(sockets, ({ bytesRead }) => bytesRead).reduce((sum, bytes) => sum + bytes, 0)
}

function closing<T extends TestServer>(server: T, { onTestFinished }: TestContext): T {
  onTestFinished(() => server.close())
  return server
}
