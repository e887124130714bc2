import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { LinkSocksClient } from '@ls/client'
import { connect } from '@ls/socks5/node'
import {
  echoServer,
  hashServer,
  onceEvent,
  seededBytes,
  seededDigest,
  tcpServer,
  type TestTcpServer,
  until,
} from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, awaitedLater, closing } from '../../stress/cleanup.js'
import { wayTo } from '../way.js'
import {
  has,
  shareConnector,
  shareForward,
  shareReverse,
  startNode,
  startNodes,
  startProvider,
  startUser,
  type TestNode,
} from './cluster-net.js'
import { engines } from './engines.js'

/** A balancer in front of one node, which can be switched to another. */
async function balance({ port: first }: TestNode) {
  const { port, leadTo } = await wayTo(first)
  return { url: `ws://127.0.0.1:${port}`, leadTo }
}

/** A target that sends zeros until its client leaves. */
function endlessSource(): Promise<TestTcpServer> {
  return tcpServer((socket) => {
    const zeros = Readable.from(
      (function* () {
        for (;;) yield Buffer.alloc(16_384)
      })(),
    )
    socket.on('error', () => {}).on('close', () => zeros.destroy())
    zeros.pipe(socket)
  })
}

/** Sends a word; resolves with the answer. */
async function helloTo(socket: Socket): Promise<string> {
  socket.write('hello')
  const [answer] = await onceEvent(socket, 'data')
  return String(answer)
}

describe.each(engines)('a cluster over %s', (_name, startEngine) => {
  const start = async (count: number) => {
    const engine = await startEngine()
    const stores = Array.from({ length: count }, () => engine.store())
    return { engine, nodes: await startNodes(stores) }
  }

  test('knows a token made at one node at all, and cuts its users at all once it is removed', async () => {
    const { nodes } = await start(3)
    const [a, b, c] = nodes
    await shareForward(nodes)
    const user = await startUser(c!, 'shared')
    const cut = onceEvent(user, 'linkDown')
    await b!.server.removeToken('shared')
    await cut
    await until(() => !has(a!, 'shared'), 'the token is gone')
    expect(nodes.map((each) => has(each, 'shared'))).toEqual([false, false, false])
  })

  test('carries channels of a connector to a provider of another node, unharmed', async () => {
    const { nodes } = await start(2)
    const token = await shareReverse(nodes, { socksPort: 'none' })
    await shareConnector(nodes, token)
    await startProvider(nodes[0]!, token, [nodes[1]!])
    const user = await startUser(nodes[1]!, 'visitor')
    const source = closing(await hashServer())
    const socket = await connect({ proxy: user.socksAddress!, target: source })
    afterTest(() => socket.destroy())
    socket.end(seededBytes(1).take(3_000_000))
    const [digest] = await onceEvent(socket, 'data')
    expect(String(digest)).toBe(seededDigest(1, 3_000_000))
  })

  test('serves the SOCKS port of one node with providers of another', async () => {
    const { nodes } = await start(2)
    const token = await shareReverse(nodes, {})
    await startProvider(nodes[1]!, token, [nodes[0]!])
    const echo = closing(await echoServer())
    const port = nodes[0]!.server.tokens()[0]!.port ?? 0
    const socket = await connect({ proxy: { host: '127.0.0.1', port }, target: echo })
    afterTest(() => socket.destroy())
    socket.write('hello')
    const [answer] = await onceEvent(socket, 'data')
    expect(String(answer)).toBe('hello')
  })

  test('resumes a session at another node than its own', async () => {
    const { nodes } = await start(2)
    const [a, b] = nodes
    await shareForward(nodes)
    const { leadTo, ...balancer } = await balance(a!)
    const user = await startUser(balancer, 'shared')
    const echo = closing(await echoServer())
    const socket = await connect({ proxy: user.socksAddress!, target: echo })
    afterTest(() => socket.destroy())
    const up = onceEvent(user, 'linkUp')
    leadTo(b!.port)
    const resumed = await up
    socket.write('still there')
    const [answer] = await onceEvent(socket, 'data')
    expect({ resumed, answer: String(answer), peers: a!.server.peers.size }).toEqual({
      resumed: [true],
      answer: 'still there',
      peers: 1,
    })
  })

  test('sends the clients of a draining node to another, and lets their connections end', async () => {
    const { nodes } = await start(2)
    const [a, b] = nodes
    await shareForward(nodes)
    await until(() => a!.node.status.nodes.some(({ state }) => state === 'up'), 'the other node')
    const user = await startUser({ url: a!.url, others: [b!.url] }, 'shared')
    const echo = closing(await echoServer())
    const before = await connect({ proxy: user.socksAddress!, target: echo })
    afterTest(() => before.destroy())
    const moved = onceEvent(user, 'linkUp')
    const drained = awaitedLater(a!.server.drain({ timeoutMs: 60_000 }))
    const [resumed] = await moved
    const after = await connect({ proxy: user.socksAddress!, target: echo })
    afterTest(() => after.destroy())
    const answers = await Promise.all([before, after].map(helloTo))
    const links = [a!, b!].map(({ server }) => server.peers.size)
    before.end()
    await drained
    expect({ resumed, answers, links, left: a!.server.peers.size }).toEqual({
      resumed: false,
      answers: ['hello', 'hello'],
      links: [1, 1],
      left: 0,
    })
  })

  test('sends idle clients to another node, breaks no connection, and keeps a client that knows no other', async () => {
    const { nodes } = await start(2)
    const [a, b] = nodes
    await shareForward(nodes)
    const both = { url: a!.url, others: [b!.url] }
    const [idle, busy, alone] = [
      await startUser(both, 'shared'),
      await startUser(both, 'shared'),
      await startUser({ url: a!.url }, 'shared'),
    ]
    const echo = closing(await echoServer())
    const open = await connect({ proxy: busy.socksAddress!, target: echo })
    afterTest(() => open.destroy())
    await until(() => [...a!.server.channels()].length === 1, 'the channel')
    const moved = awaitedLater(Promise.all([idle, alone].map((user) => onceEvent(user, 'linkUp'))))
    const asked = a!.server.localNode.askToLeave(10)
    await moved
    await until(() => a!.server.peers.size === 2 && b!.server.peers.size === 1, 'the old sessions have ended')
    const after = await Promise.all([idle, alone].map((user) => connect({ proxy: user.socksAddress!, target: echo })))
    afterTest(() => after.forEach((socket) => socket.destroy()))
    const answers = await Promise.all([open, ...after].map(helloTo))
    expect({ asked, answers }).toEqual({ asked: 2, answers: ['hello', 'hello', 'hello'] })
  })

  test('continues without its store: open channels, and new ones to known peers', async () => {
    const { engine, nodes } = await start(2)
    const [a, b] = nodes
    const token = await shareReverse(nodes, {})
    await startProvider(b!, token, [a!])
    const echo = closing(await echoServer())
    const port = a!.server.tokens()[0]!.port ?? 0
    const reach = () => connect({ proxy: { host: '127.0.0.1', port }, target: echo })
    const before = await reach()
    afterTest(() => before.destroy())
    await engine.stop()
    await until(() => !a!.node.status.isConnected, 'the loss of the store')
    const after = await reach()
    afterTest(() => after.destroy())
    const answers = await Promise.all([before, after].map(helloTo))
    expect(answers).toEqual(['hello', 'hello'])
  })

  test('resets the channels of a node that has left, and reaches its providers elsewhere', async () => {
    const { nodes } = await start(3)
    const [a, b, c] = nodes
    const token = await shareReverse(nodes, {})
    const { leadTo, ...balancer } = await balance(b!)
    await startProvider(balancer, token, [a!])
    const echo = closing(await echoServer())
    const port = a!.server.tokens()[0]!.port ?? 0
    const reach = () => connect({ proxy: { host: '127.0.0.1', port }, target: echo })
    const socket = await reach()
    const reset = onceEvent(socket, 'close')
    socket.on('error', () => {})
    await b!.leave()
    leadTo(c!.port)
    await reset
    const next = await reach()
    afterTest(() => next.destroy())
    next.write('hello')
    const [answer] = await onceEvent(next, 'data')
    expect(String(answer)).toBe('hello')
  })

  test('offers a channel to a provider elsewhere, where the node that it was offered to has lost its own', async () => {
    const { engine, nodes } = await start(2)
    const [a, b] = nodes
    const token = await shareReverse(nodes, { socksPort: 'none' })
    await shareConnector(nodes, token)
    const provider = await startProvider(a!, token, [b!])
    const user = await startUser(b!, 'visitor')
    const echo = closing(await echoServer())
    const reach = () => connect({ proxy: user.socksAddress!, target: echo })
    const first = await reach()
    await helloTo(first)
    first.destroy()
    // The other node is not told that the provider has left.
    await engine.stop()
    await until(() => !b!.node.status.isConnected, 'the loss of the store')
    await provider.close()
    await until(() => a!.server.peers.size === 0, 'the end of the provider')
    await until(() => [...b!.server.channels()].length === 0, 'the end of the first channel')
    const opening = awaitedLater(reach())
    await until(() => [...b!.server.peers].some(({ session }) => session.channelCount > 0), 'the channel is offered')
    await startProvider(b!, token, [])
    const socket = await opening
    afterTest(() => socket.destroy())
    expect(await helloTo(socket)).toBe('hello')
  })

  test('writes its data again to a store that has lost it', async () => {
    const { engine, nodes } = await start(2)
    await shareForward(nodes)
    await engine.stop()
    await until(() => nodes.every(({ node }) => !node.status.isConnected), 'the loss of the store')
    engine.forget()
    await engine.start()
    const third = await startNode(engine.store(), 2)
    await until(() => has(third, 'shared'), 'the token at a new node')
    expect(third.node.status.sharedTokens).toBe(1)
  })

  test('counts partners over all nodes', async () => {
    const { nodes } = await start(2)
    const [a, b] = nodes
    const token = await shareReverse(nodes, { socksPort: 'none' })
    await shareConnector(nodes, token)
    const provider = await startProvider(a!, token, [b!])
    const told: number[] = []
    provider.on('partners', (count) => told.push(count))
    await startUser(b!, 'visitor')
    await until(() => told.length > 0, 'the provider hears of the connector')
    expect(told).toEqual([1])
  })

  test('lets one node set a value, and tells it the others', async () => {
    const { nodes } = await start(2)
    const values = await Promise.all(nodes.map(({ node }, index) => node.claims.claim('ticket', `of ${index}`)))
    expect(new Set(values).size).toBe(1)
  })

  test('adds up the quota of a token over all nodes', async () => {
    const { nodes } = await start(2)
    const [a, b] = nodes
    for (const { server } of nodes) server.addForwardToken('limited', { policy: { quota: { month: 3_000_000 } } })
    const sink = closing(await hashServer())
    const send = async (
      user: { readonly socksAddress?: { host: string; port: number } | undefined },
      count: number,
    ) => {
      const socket = await connect({ proxy: user.socksAddress!, target: sink })
      afterTest(() => socket.destroy())
      socket.end(seededBytes(1).take(count))
      await onceEvent(socket, 'data')
    }
    const usedAt = ({ server }: TestNode): number => server.snapshot().quotas?.[0]?.usedBytes ?? 0
    await send(await startUser(a!, 'limited'), 2_000_000)
    const user = await startUser(b!, 'limited')
    await until(() => usedAt(b!) >= 2_000_000, 'the other node counts it')
    await send(user, 1_000_000)
    await until(() => usedAt(a!) >= 3_000_000, 'both nodes count all')
    await expect(connect({ proxy: user.socksAddress!, target: sink })).rejects.toThrow(/refuses/)
  })

  test('counts the links of a token over all nodes', async () => {
    const { nodes } = await start(2)
    const [a, b] = nodes
    for (const { server } of nodes) server.addForwardToken('limited', { policy: { maxLinks: 2 } })
    const first = await startUser(a!, 'limited')
    await startUser(a!, 'limited')
    const link = async (): Promise<string> => {
      const third = closing(new LinkSocksClient({ url: b!.url, token: 'limited', proxy: 'none', reconnect: false }))
      try {
        await third.start()
        return 'linked'
      } catch (error) {
        return String(error)
      } finally {
        await third.close()
      }
    }
    // The other node knows of the links a second later.
    await expect.poll(link, { timeout: 10_000 }).toContain('the limit of 2 links')
    await first.close()
    await expect.poll(link, { timeout: 10_000 }).toBe('linked')
  })

  test('shares the rate of a token between nodes', async () => {
    const { nodes } = await start(2)
    for (const { server } of nodes) server.addForwardToken('limited', { policy: { rate: { down: 500_000 } } })
    const source = closing(await endlessSource())
    let received = 0
    const download = async (node: TestNode): Promise<void> => {
      const user = await startUser(node, 'limited')
      const socket = await connect({ proxy: user.socksAddress!, target: source })
      afterTest(() => socket.destroy())
      socket.on('data', (chunk: Buffer) => (received += chunk.length))
    }
    for (const node of nodes) await download(node)
    // Both nodes begin with the whole rate, and share it after some seconds.
    await until(() => received >= 3_000_000, 'the first bytes', { timeoutMs: 15_000 })
    const rateOfMore = async (): Promise<number> => {
      const startMs = performance.now()
      const before = received
      await until(() => received >= before + 2_000_000, 'more bytes', { timeoutMs: 15_000 })
      return (received - before) / (performance.now() - startMs)
    }
    // In KB a second: 1,000 if each node had the whole rate. Nodes on a busy machine agree a little later.
    let rate = await rateOfMore()
    for (let again = 0; again < 3 && rate >= 650; again++) rate = await rateOfMore()
    expect({ isLimited: rate < 650, isUsed: rate > 350 }).toEqual({ isLimited: true, isUsed: true })
  }, 60_000)

  test('refuses a connector token that another provider has at another node', async () => {
    const { nodes } = await start(2)
    const [a, b] = nodes
    const token = await shareReverse(nodes, { allowManageConnector: true })
    const [one, other] = [await startProvider(a!, token, [b!]), await startProvider(b!, token, [a!])]
    await one.addConnector('mine')
    await expect(other.addConnector('mine')).rejects.toThrow('already exists')
    const user = await startUser(b!, 'mine')
    const echo = closing(await echoServer())
    const socket = await connect({ proxy: user.socksAddress!, target: echo })
    afterTest(() => socket.destroy())
    const provided = [...a!.server.peers].filter(({ record }) => record.kind === 'reverse')
    expect(provided.map(({ session }) => session.channelCount)).toEqual([1])
  })
})
