import { LinkSocksClient } from '@ls/client'
import { connect } from '@ls/socks5/node'
import {
  echoServer,
  faultRelay,
  freePort,
  hashServer,
  onceEvent,
  seededBytes,
  seededDigest,
  socketEnd,
} from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { type Cleanup, cleanupOf } from '../../stress/cleanup.js'
import { Program } from '../program.js'
import { natsProgram, startNats } from './nats.js'

/** Time for up to five programs to start, and for a black hole to be noticed after about 8 s, in milliseconds. */
const timeout = 90_000
const environment = { LINKSOCKS_CLUSTER_SECRET: 'a secret that all nodes of a test share' }
const bytes = 24_000_000

/** A node as a program. Others reach it through `relay`. */
async function startNode(natsUrl: string, { afterTest: endLater, closing }: Cleanup) {
  const [port, nodePort] = [await freePort(), await freePort()]
  const relay = closing(await faultRelay({ host: '127.0.0.1', port: nodePort }))
  const cluster = ['--cluster-nats', natsUrl, '--cluster-listen', `127.0.0.1:${nodePort}`]
  const places = ['-H', '127.0.0.1', '-P', String(port), '--cluster-address', `127.0.0.1:${relay.port}`]
  const tokens = ['-r', '-t', 'provider-token', '-c', 'connector-token', '--guard', 'none', '-p', '0']
  const program = new Program({ environment, endLater }, 'server', ...cluster, ...places, ...tokens)
  await program.printed(/^listening: /m)
  return { program, relay, url: `ws://127.0.0.1:${port}` }
}

/** A connector at the first node, and a provider at the second, which can move to the third. */
async function startCluster(cleanup: Cleanup) {
  const { afterTest, closing } = cleanup
  const { url } = await startNats(afterTest)
  const [near, far, spare] = [
    await startNode(url, cleanup),
    await startNode(url, cleanup),
    await startNode(url, cleanup),
  ]
  const options = { url: far.url, fallbackUrls: [spare.url], token: 'provider-token', role: 'provider' } as const
  const provider = closing(new LinkSocksClient(options))
  await provider.start()
  const connector = closing(new LinkSocksClient({ url: near.url, token: 'connector-token', proxy: { port: 0 } }))
  const partner = onceEvent(connector, 'partners', { timeoutMs: 20_000 })
  await connector.start()
  await partner
  const reach = async (target: { readonly host: string; readonly port: number }) => {
    const socket = await connect({ proxy: connector.socksAddress!, target, timeoutMs: 20_000 })
    afterTest(() => socket.destroy())
    return socket
  }
  return { near, far, spare, reach }
}

async function echoed(socket: Awaited<ReturnType<typeof connect>>, text: string): Promise<string> {
  socket.write(text)
  // A dial into a black hole has its whole time before the next one begins.
  return String((await onceEvent(socket, 'data', { timeoutMs: 20_000 }))[0])
}

/** The tests wait for black holes to be noticed, so they run at the same time. */
const together = { concurrent: true, timeout }

describe.skipIf(natsProgram === undefined)('the connection between two nodes', together, () => {
  test('whose other node is killed resets its channels, and new ones find the provider elsewhere', async (context) => {
    const cleanup = cleanupOf(context)
    const { far, reach } = await startCluster(cleanup)
    const echo = cleanup.closing(await echoServer())
    const socket = await reach(echo)
    await echoed(socket, 'before')
    const end = socketEnd(socket, { timeoutMs: 20_000 })
    far.program.kill('SIGKILL')
    // The address of a killed program refuses connections.
    await far.relay.close()
    expect({ end: await end, after: await echoed(await reach(echo), 'after') }).toEqual({
      end: 'ECONNRESET',
      after: 'after',
    })
  })

  test('that vanishes in the middle of a transfer loses no byte', async (context) => {
    const cleanup = cleanupOf(context)
    const { far, reach } = await startCluster(cleanup)
    const socket = await reach(cleanup.closing(await hashServer()))
    const source = seededBytes(3)
    socket.write(source.take(bytes / 2))
    far.relay.strike('blackhole')
    socket.end(source.take(bytes / 2))
    expect(String((await onceEvent(socket, 'data', { timeoutMs: 60_000 }))[0])).toBe(seededDigest(3, bytes))
  })

  test('that cannot be made again fails new opens soon, and continues once it can be made', async (context) => {
    const cleanup = cleanupOf(context)
    const { far, reach } = await startCluster(cleanup)
    const echo = cleanup.closing(await echoServer())
    const socket = await reach(echo)
    await echoed(socket, 'before')
    const swallow = (): void => void far.relay.strike('blackhole')
    swallow()
    far.relay.on('link', swallow)
    const failure = await reach(echo).catch((error: unknown) => error)
    far.relay.off('link', swallow)
    swallow()
    expect({ failure, after: await echoed(socket, 'after') }).toEqual({
      failure: expect.objectContaining({ code: 'ERR_SOCKS_REFUSED_BY_PROXY' }) as unknown,
      after: 'after',
    })
  })
})
