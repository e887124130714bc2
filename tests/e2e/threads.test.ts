import { SharedPath } from '@ls/mux'
import { connect } from '@ls/socks5/node'
import { echoServer, until } from '@ls/testkit'
import { expect, test, vi } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { type Mode, modes, proxyNet, type ProxyNet } from '../stress/proxy-net.js'

/** Opens connections through a client with three threads; returns the server and the number of its links. */
async function connectOver(mode: Mode, connections: number): Promise<Pick<ProxyNet, 'server'> & { links: number }> {
  const target = closing(await echoServer())
  const { server, socks } = await proxyNet(mode, { client: { threads: 3 } })
  // The server learns a little later than the client that a link is up.
  const links = mode === 'agent' ? 6 : 3
  await until(() => server.peers.size === links, 'all links')
  for (let opened = 0; opened < connections; opened++) {
    const socket = await connect({ proxy: socks, target: { host: '127.0.0.1', port: target.port } })
    afterTest(() => socket.destroy())
  }
  return { server, links }
}

test.each(modes)('--threads spreads channels evenly over the links in %s mode', async (mode) => {
  const { server } = await connectOver(mode, 6)
  const counts = [...server.peers].map(({ session }) => session.channelCount)
  expect(new Set(counts)).toEqual(new Set([2]))
})

test.each(modes)('the links of a client with --threads share a path at both ends in %s mode', async (mode) => {
  const join = vi.spyOn(SharedPath.prototype, 'join')
  afterTest(() => join.mockRestore())
  const { links } = await connectOver(mode, 3)
  await until(() => join.mock.contexts.length === 2 * links, 'messages in both directions of all links')
  const paths = new Set(join.mock.contexts)
  expect(paths.size).toBe((2 * links) / 3)
})
