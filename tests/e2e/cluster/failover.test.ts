import { LinkSocksClient } from '@ls/client'
import { connect } from '@ls/socks5/node'
import { echoServer, freePort, onceEvent } from '@ls/testkit'
import { expect, test } from 'vitest'
import { afterTest, closing } from '../../stress/cleanup.js'
import { Program } from '../program.js'
import { natsProgram, startNats } from './nats.js'

const environment = { LINKSOCKS_CLUSTER_SECRET: 'a secret that all nodes of a test share' }

/** A node as a program, which can be killed. */
async function startNode(natsUrl: string) {
  const [port, nodePort] = [await freePort(), await freePort()]
  const places = ['--ws-host', '127.0.0.1', '--ws-port', String(port), '--cluster-listen', `127.0.0.1:${nodePort}`]
  const program = new Program(
    { environment },
    'server',
    '--cluster-nats',
    natsUrl,
    ...places,
    '-t',
    'shared',
    '--guard',
    'none',
  )
  await program.printed(/listening|ready|link:|server:/i)
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
    const reset = onceEvent(socket, 'close')
    socket.on('error', () => {})
    const linked = onceEvent(client, 'linkUp')
    first.program.kill('SIGKILL')
    const [resumed] = await linked
    await reset
    expect({ resumed, answer: await ask(client, echo) }).toEqual({ resumed: false, answer: 'hello' })
  },
)
