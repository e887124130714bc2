import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer } from '@ls/server'
import { connect } from '@ls/socks5/node'
import { echoServer, freePort, onceEvent, until } from '@ls/testkit'
import { describe, expect, test, vi } from 'vitest'
import { afterTest, awaitedLater, closing } from '../stress/cleanup.js'
import { Program } from './program.js'

/** A server with a forward client, an echo server, and one connection to it through both. */
async function net() {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
  const token = server.addForwardToken()
  await server.listen()
  const url = `ws://127.0.0.1:${server.address?.port}`
  const link = async (): Promise<LinkSocksClient> => {
    const client = closing(new LinkSocksClient({ url, token, proxy: { port: 0 }, reconnect: { delayMs: 10 } }))
    await client.start()
    return client
  }
  const echo = closing(await echoServer())
  const open = async (client: LinkSocksClient) => {
    const socket = await connect({ proxy: client.socksAddress!, target: echo })
    afterTest(() => socket.destroy())
    return socket.on('error', () => {})
  }
  return { server, link, open }
}

describe('a LinkSocksServer that drains', () => {
  test('lets open channels go on, and is drained when they end', async () => {
    const { server, link, open } = await net()
    const socket = await open(await link())
    const drained = awaitedLater(server.drain())
    socket.write('still there')
    const [answer] = await onceEvent(socket, 'data')
    socket.end()
    await drained
    expect(String(answer)).toBe('still there')
  })

  test('refuses new channels, and says in its readiness why', async () => {
    const { server, link, open } = await net()
    const client = await link()
    await open(client)
    void server.drain()
    await expect(open(client)).rejects.toMatchObject({ code: 'ERR_SOCKS_REFUSED_BY_PROXY' })
    expect(server.snapshot().readiness.reasons).toEqual(['the server is draining'])
  })

  test('refuses new channels also while it closes', async () => {
    const { server, link, open } = await net()
    const client = await link()
    const socket = await open(client)
    void server.drain()
    const closed = awaitedLater(server.close({ graceMs: 5000 }))
    await expect(open(client)).rejects.toMatchObject({ code: 'ERR_SOCKS_REFUSED_BY_PROXY' })
    socket.destroy()
    await closed
  })

  test('reports it once to readers, even if it is closed then', async () => {
    const { server } = await net()
    const published = vi.spyOn(server.live, 'publish')
    await server.drain()
    await server.close()
    expect(published.mock.calls.filter(([name]) => name === 'drain')).toHaveLength(1)
  })

  test('disconnects clients without a channel, and accepts no new links', async () => {
    const { server, link, open } = await net()
    const [busy, idle] = [await link(), await link()]
    await open(busy)
    const failed = onceEvent(idle, 'linkFailed')
    void server.drain()
    await until(() => server.peers.size === 1, 'the end of the idle session')
    await failed
    const refused = onceEvent(idle, 'linkFailed')
    expect(String((await refused)[0])).toMatch(/503/)
  })

  test('ends the wait at its deadline, and a close cuts it short', async () => {
    const { server, link, open } = await net()
    await open(await link())
    const drained = awaitedLater(server.drain())
    await server.close()
    await expect(drained).resolves.toBeUndefined()
  })
})

test.skipIf(process.platform === 'win32')('SIGUSR2 has an idle program end with 0', async () => {
  const program = new Program('server', '-t', 'my_token', '--ws-host', '127.0.0.1', '--ws-port', '0')
  await program.printed(/listening/)
  program.kill('SIGUSR2')
  expect({ exit: await program.exit(), output: program.output }).toEqual({
    exit: 0,
    output: expect.stringMatching(/the server is drained/) as string,
  })
})

test.skipIf(process.platform === 'win32')('SIGUSR2 has a client without a link end with 0', async () => {
  const url = `ws://127.0.0.1:${await freePort()}`
  const program = new Program('client', '-t', 'my_token', '-u', url, '--socks-port', '0')
  await program.printed(/no link: /)
  program.kill('SIGUSR2')
  expect(await program.exit()).toBe(0)
})
