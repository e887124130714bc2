import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer, OwnersInFolder } from '@ls/server'
import { connect } from '@ls/socks5/node'
import { echoServer, onceEvent, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { wayTo } from './way.js'

/** Two servers that share their clients, and a connection through the first. */
async function net(path: string) {
  const folder = mkdtempSync(join(tmpdir(), 'ls-'))
  afterTest(() => rmSync(folder, { recursive: true }))
  const make = async () => {
    const owners = new OwnersInFolder(folder)
    const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, path, sessionOwners: owners }))
    server.addForwardToken('my_token')
    await server.listen()
    await server.ports.listenForPassed(owners.ownPath)
    return server
  }
  const [owner, other] = [await make(), await make()]
  const between = await wayTo(owner.address?.port ?? 0)
  const url = `ws://127.0.0.1:${between.port}${path}`
  const client = closing(
    new LinkSocksClient({ url, token: 'my_token', proxy: { port: 0 }, reconnect: { delayMs: 10 } }),
  )
  await client.start()
  const echo = closing(await echoServer())
  const socket = await connect({ proxy: client.socksAddress!, target: echo })
  afterTest(() => socket.destroy())
  const moveLink = (): void => between.leadTo(other.address?.port ?? 0)
  return { owner, other, client, socket, moveLink }
}

describe.skipIf(process.platform === 'win32')('a LinkSocksServer with sessionOwners', () => {
  // With the token in the query, and in a first message.
  test.each(['/socket', '/secret'])('at %s passes a link on to the owner of its session', async (path) => {
    const { client, socket, moveLink } = await net(path)
    const up = onceEvent(client, 'linkUp')
    moveLink()
    const resumed = await up
    socket.write('still there')
    const [answer] = await onceEvent(socket, 'data')
    expect({ resumed, answer: String(answer) }).toEqual({ resumed: [true], answer: 'still there' })
  })

  test('passes the address of the client to the owner', async () => {
    const { owner, client, moveLink } = await net('/socket')
    const up = onceEvent(client, 'linkUp')
    moveLink()
    await up
    expect([...owner.peers].map(({ remoteAddress }) => remoteAddress)).toEqual(['127.0.0.1'])
  })

  test('begins a new session where the owner is gone', async () => {
    const { owner, other, moveLink } = await net('/socket')
    moveLink()
    await owner.close()
    await until(() => other.peers.size === 1, 'a session at the other server')
    expect(owner.peers.size).toBe(0)
  })
})
