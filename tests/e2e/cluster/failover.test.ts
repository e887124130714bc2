import { fileURLToPath, pathToFileURL } from 'node:url'
import { LinkSocksClient } from '@ls/client'
import { connect } from '@ls/socks5/node'
import { echoServer, freePort, onceEvent } from '@ls/testkit'
import { expect, test } from 'vitest'
import { afterTest, awaitedLater, closing } from '../../stress/cleanup.js'
import { Program } from '../program.js'
import { natsProgram, startNats } from './nats.js'

const environment = { LINKSOCKS_CLUSTER_SECRET: 'a secret that all nodes of a test share' }

const skewed = pathToFileURL(fileURLToPath(new URL('../jumping-clock.mjs', import.meta.url))).href

interface HowToStart {
  readonly clockOffsetMs?: number
  /** Flags. @default a forward token */
  readonly tokens?: readonly string[]
  readonly port?: number
}

/** A node as a program, which can be killed, and whose time of day may be wrong. */
async function startNode(natsUrl: string, how: HowToStart = {}) {
  const { clockOffsetMs = 0, tokens = ['-t', 'shared'] } = how
  const [port, nodePort] = [how.port ?? (await freePort()), await freePort()]
  const places = ['--ws-host', '127.0.0.1', '--ws-port', String(port), '--cluster-listen', `127.0.0.1:${nodePort}`]
  const program = new Program(
    { environment: { ...environment, NODE_OPTIONS: `--import ${skewed}`, CLOCK_OFFSET_MS: String(clockOffsetMs) } },
    'server',
    '--cluster-nats',
    natsUrl,
    ...places,
    ...tokens,
    '--guard',
    'none',
  )
  await program.printed(/^listening: /m)
  return { program, url: `ws://127.0.0.1:${port}` }
}

/** Sends a word through the client's proxy; resolves with the answer. */
async function ask(client: LinkSocksClient, target: { host: string; port: number }): Promise<string> {
  const socket = await connect({ proxy: client.socksAddress!, target })
  afterTest(() => socket.destroy())
  socket.write('hello')
  const [answer] = await onceEvent(socket, 'data')
  return String(answer)
}

test.skipIf(natsProgram === undefined)(
  'a client whose node is killed resets its connections, and opens new ones at another node',
  async () => {
    const nats = await startNats()
    const [first, second] = [await startNode(nats.url), await startNode(nats.url)]
    const options = { url: first.url, fallbackUrls: [second.url], token: 'shared', proxy: { port: 0 } }
    const client = closing(new LinkSocksClient(options))
    await client.start()
    const echo = closing(await echoServer())
    const socket = await connect({ proxy: client.socksAddress!, target: echo })
    const reset = onceEvent(socket, 'close', { timeoutMs: 20_000 })
    socket.on('error', () => {})
    const linked = onceEvent(client, 'linkUp', { timeoutMs: 20_000 })
    first.program.kill('SIGKILL')
    const [resumed] = await linked
    await reset
    expect({ resumed, answer: await ask(client, echo) }).toEqual({ resumed: false, answer: 'hello' })
  },
)

test.skipIf(natsProgram === undefined)(
  'nodes whose clocks differ by two hours reach the providers of each other, and see each other up',
  async () => {
    const nats = await startNats()
    const nodes = []
    for (const clockOffsetMs of [0, 7_200_000]) {
      const tokens = ['-t', 'office', '-r', '-c', 'visitor', '-p', String(await freePort())]
      nodes.push(await startNode(nats.url, { clockOffsetMs, tokens }))
    }
    const [first, second] = nodes
    const provider = closing(new LinkSocksClient({ url: second!.url, token: 'office', role: 'provider' }))
    await provider.start()
    const visitor = closing(new LinkSocksClient({ url: first!.url, token: 'visitor', proxy: { port: 0 } }))
    await visitor.start()
    const echo = closing(await echoServer())
    const answers = [await ask(visitor, echo)]
    // Longer than a node may be silent.
    await new Promise((resolve) => setTimeout(resolve, 5000))
    answers.push(await ask(visitor, echo))
    const lost = nodes.map(({ program }) => /state=(?:silent|gone)/.test(program.output))
    expect({ answers, lost }).toEqual({ answers: ['hello', 'hello'], lost: [false, false] })
  },
  60_000,
)

test.skipIf(natsProgram === undefined)(
  'a node that starts accepts no client before it has the tokens of the others',
  async () => {
    const nats = await startNats()
    const tokens = ['--api-key', 'key']
    const first = await startNode(nats.url, { tokens })
    const body = JSON.stringify({ type: 'forward', token: 'shared' })
    const headers = { 'x-api-key': 'key' }
    await fetch(`${first.url.replace('ws', 'http')}/api/token`, { method: 'POST', headers, body })
    const port = await freePort()
    const options = { url: `ws://127.0.0.1:${port}`, token: 'shared', proxy: 'none' } as const
    const client = closing(new LinkSocksClient({ ...options, reconnect: { delayMs: 5, maxDelayMs: 5 } }))
    // The first attempt comes before the node listens, and the next ones every few milliseconds. A refusal would end
    // the client.
    const started = awaitedLater(client.start())
    await startNode(nats.url, { tokens, port })
    await expect(started).resolves.toBeUndefined()
  },
  60_000,
)
