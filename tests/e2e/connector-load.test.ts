import { once } from 'node:events'
import { SocksError } from '@ls/socks5'
import { connect } from '@ls/socks5/node'
import { echoServer, freePort, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { proxyNet, type ProxyNet } from '../stress/proxy-net.js'

const requests = 10_000
/** Requests at the same time, as of the many tabs of a busy browser. */
const atOnce = 64

/** Time for all requests, in milliseconds: with a load of 17 they took 60 s. */
const loadMs = 300_000

interface Outcomes {
  answered: number
  refused: number
  gone: number
}

/** Sends one request: most are echoed, some reach no target, and the client aborts some of them in the middle. */
async function request(index: number, { socks }: ProxyNet, ports: Ports, outcomes: Outcomes): Promise<void> {
  const port = index % 5 === 0 ? ports.closed : ports.open
  try {
    const socket = await connect({ proxy: socks, target: { host: '127.0.0.1', port } })
    socket.on('error', () => {})
    if (index % 7 === 0) {
      socket.destroy()
      outcomes.gone++
      return
    }
    socket.end(`request ${index}`)
    socket.resume()
    await once(socket, 'close')
    outcomes.answered++
  } catch (error) {
    if (!(error instanceof SocksError) || error.reply !== 'refused') throw error
    outcomes.refused++
  }
}

interface Ports {
  readonly open: number
  readonly closed: number
}

/** Returns the number of channels in each table. */
function tableSizes(net: ProxyNet): number[] {
  return [...net.sessions().map(({ channelCount }) => channelCount), [...net.server.channels()].length]
}

test(
  `${requests} connector requests leave every table empty, and disturb no other channel`,
  { timeout: loadMs },
  async () => {
    const target = closing(await echoServer())
    const net = await proxyNet('agent')
    const ports = { open: target.port, closed: await freePort() }
    const witness = await connect({ proxy: net.socks, target: { host: '127.0.0.1', port: target.port } })
    afterTest(() => witness.destroy())
    let echo = ''
    witness.on('data', (chunk: Buffer) => (echo += chunk.toString()))
    witness.resume()

    const outcomes: Outcomes = { answered: 0, refused: 0, gone: 0 }
    let next = 0
    const worker = async (): Promise<void> => {
      for (let index = next++; index < requests; index = next++) await request(index, net, ports, outcomes)
    }
    await Promise.all(Array.from({ length: atOnce }, worker))

    expect(outcomes).toEqual({ answered: 6857, refused: 2000, gone: 1143 })
    witness.end('still here')
    await until(() => echo === 'still here' && tableSizes(net).every((size) => size === 0), 'all tables to be empty')
    expect(net.server.peers.size).toBe(2)
  },
)

test('LinkSocksServer keeps nothing of a link that has gone', async () => {
  const target = closing(await echoServer())
  const net = await proxyNet('agent', { client: { reconnect: false }, server: { limits: { graceMs: 0 } } })
  const sockets = await Promise.all(
    Array.from({ length: 20 }, () => connect({ proxy: net.socks, target: { host: '127.0.0.1', port: target.port } })),
  )
  for (const socket of sockets) socket.on('error', () => {})
  await Promise.all(net.hops.map(({ client }) => client.close()))
  await until(() => net.server.peers.size === 0, 'the clients to go')
  expect([...net.server.channels()]).toEqual([])
})
