import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer } from '@ls/server'
import { connect } from '@ls/socks5/node'
import { echoServer, onceEvent, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, awaitedLater, closing } from '../stress/cleanup.js'
import { wayTo } from './way.js'

/** A server, another one that will take over, and a way that leads to the first. */
async function net(prepare: (server: LinkSocksServer) => void) {
  const make = async () => {
    const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
    prepare(server)
    await server.listen()
    return server
  }
  const [old, next] = [await make(), await make()]
  const way = await wayTo(old.address?.port ?? 0)
  const url = `ws://127.0.0.1:${way.port}`
  const echo = closing(await echoServer())
  const link = async (token: string, role: 'client' | 'provider' = 'client'): Promise<LinkSocksClient> => {
    const shared = { url, token, reconnect: { delayMs: 10 } }
    const client = closing(
      new LinkSocksClient(role === 'client' ? { ...shared, proxy: { port: 0 } } : { ...shared, role }),
    )
    await client.start()
    return client
  }
  const open = async (proxy: { host: string; port: number } | undefined) => {
    const socket = await connect({ proxy: proxy!, target: echo })
    afterTest(() => socket.destroy())
    return socket
  }
  /** Makes the other server take over. */
  const handOver = (): Promise<void> => {
    way.leadTo(next.address?.port ?? 0, { cut: false })
    return old.drain({ isHandedOver: true })
  }
  return { old, next, link, open, handOver }
}

async function echoes(socket: Awaited<ReturnType<typeof connect>>): Promise<string> {
  socket.write('hello')
  const [answer] = await onceEvent(socket, 'data')
  return String(answer)
}

describe('a LinkSocksServer that is handed over', () => {
  test('has a client open new connections elsewhere, and lets the old ones continue', async () => {
    const { old, next, link, open, handOver } = await net((server) => server.addForwardToken('t'))
    const { socksAddress } = await link('t')
    const before = await open(socksAddress)
    const over = awaitedLater(handOver())
    await until(() => next.peers.size === 1, 'a session at the next server')
    const after = await open(socksAddress)
    expect({ old: [...old.channels()].length, next: [...next.channels()].length }).toEqual({ old: 1, next: 1 })
    expect({ before: await echoes(before), after: await echoes(after) }).toEqual({ before: 'hello', after: 'hello' })
    before.destroy()
    await over
    expect(old.peers.size).toBe(0)
  })

  test('continues to accept channels until the client has moved', async () => {
    const { old, link, open } = await net((server) => server.addForwardToken('t'))
    const { socksAddress } = await link('t')
    // No other server listens there yet.
    void old.drain({ isHandedOver: true })
    expect(await echoes(await open(socksAddress))).toBe('hello')
  })

  test('keeps a provider until the last connector has left', async () => {
    const { old, next, link, open, handOver } = await net((server) => {
      server.addReverseToken({ token: 'r', socksPort: 'none' })
      server.addConnectorToken({ token: 'c', reverseToken: 'r' })
    })
    await link('r', 'provider')
    const connector = await link('c')
    const before = await open(connector.socksAddress)
    const over = awaitedLater(handOver())
    await until(() => next.peers.size === 2, 'both at the next server')
    expect({ before: await echoes(before), open: await echoes(await open(connector.socksAddress)) }).toEqual({
      before: 'hello',
      open: 'hello',
    })
    expect(old.peers.size).toBe(2)
    before.destroy()
    await over
    expect(old.peers.size).toBe(0)
  })
})
