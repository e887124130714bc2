import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer } from '@ls/server'
import { connect } from '@ls/socks5/node'
import { echoServer, onceEvent } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { closing } from '../stress/cleanup.js'

/** The proxy port of a server in reverse mode that has `accessRules`, with a provider that has none. */
async function reversePort(accessRules: readonly string[]): Promise<number> {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, exit: { access: accessRules } }))
  const { token } = server.addReverseToken({ socksPort: 0 })
  const listening = onceEvent(server, 'socksListening')
  await server.listen()
  const url = `ws://127.0.0.1:${server.address?.port}`
  await closing(new LinkSocksClient({ url, token, role: 'provider' })).start()
  const [address] = (await listening) as [{ port: number }]
  return address.port
}

/** The proxy port of a client that has `accessRules`, at a server that has none. */
async function clientPort(accessRules: readonly string[]): Promise<number> {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
  const token = server.addForwardToken()
  await server.listen()
  const url = `ws://127.0.0.1:${server.address?.port}`
  const client = closing(new LinkSocksClient({ url, token, proxy: { port: 0, access: accessRules } }))
  await client.start()
  return client.socksAddress?.port ?? 0
}

describe.each([
  ['a server in reverse mode', reversePort],
  ['a client', clientPort],
])('The access rules of %s', (_who, open) => {
  test('hold at its proxy port', async () => {
    const target = closing(await echoServer())
    const proxy = { host: '127.0.0.1', port: await open(['10.0.0.0/8:*']) }
    await expect(connect({ proxy, target: { host: '127.0.0.1', port: target.port } })).rejects.toThrow(/forbidden/)
  })

  test('let through what they allow', async () => {
    const target = closing(await echoServer())
    const proxy = { host: '127.0.0.1', port: await open([`127.0.0.1:${target.port}`]) }
    const socket = await connect({ proxy, target: { host: '127.0.0.1', port: target.port } })
    socket.resume().end('ping')
    expect(String((await onceEvent(socket, 'data'))[0])).toBe('ping')
    socket.destroy()
  })
})
