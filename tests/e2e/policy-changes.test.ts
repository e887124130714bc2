import { connect as connectTo } from 'node:net'
import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer } from '@ls/server'
import { connect } from '@ls/socks5/node'
import { echoServer, freePort, onceEvent } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'

async function ask(port: number | undefined, target: { host: string; port: number }): Promise<string> {
  try {
    const socket = await connect({ proxy: { host: '127.0.0.1', port: port ?? 0 }, target })
    socket.on('error', () => {})
    afterTest(() => socket.destroy())
    return 'ok'
  } catch (error) {
    return (error as Error).message
  }
}

/** Sends a byte to an echo behind a port; the connection stays open. */
function askPort(port: number): Promise<string> {
  const socket = connectTo(port, '127.0.0.1')
  afterTest(() => socket.destroy())
  socket.write('x')
  return new Promise((resolve) => {
    socket.once('data', () => resolve('ok'))
    socket.on('error', () => resolve('reset'))
  })
}

const forbidden: unknown = expect.stringMatching(/not allowed|forbidden|0x02/i)

describe('PortChanges.changePolicy', () => {
  test('holds at the port of a reverse token, and for connectors that share the policy', async () => {
    const echo = closing(await echoServer())
    const target = { host: '127.0.0.1', port: echo.port }
    const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
    await server.listen()
    const url = `ws://127.0.0.1:${server.address?.port}`
    const { token, port } = server.addReverseToken({ socksPort: await freePort() })
    const connector = server.addConnectorToken({ reverseToken: token, sharesPolicy: true })
    const listening = onceEvent(server, 'socksListening')
    await closing(new LinkSocksClient({ url, token, role: 'provider' })).start()
    await listening
    const other = closing(new LinkSocksClient({ url, token: connector, proxy: { port: 0 } }))
    await other.start()
    const both = async () => [await ask(port, target), await ask(other.socksAddress?.port, target)]
    const before = await both()
    server.ports.changePolicy(token, { deny: ['127.0.0.0/8'] })
    const after = await both()
    server.ports.changePolicy(token, undefined)
    expect({ before, after, both: await both() }).toEqual({
      before: ['ok', 'ok'],
      after: [forbidden, forbidden],
      both: ['ok', 'ok'],
    })
  })

  test('holds for new connections at a port that is exposed already', async () => {
    const echo = closing(await echoServer())
    const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
    const { token } = server.addReverseToken({ socksPort: 'none' })
    const port = await freePort()
    server.expose(token, `${port}=127.0.0.1:${echo.port}`)
    await server.listen()
    const url = `ws://127.0.0.1:${server.address?.port}`
    await closing(new LinkSocksClient({ url, token, role: 'provider' })).start()
    const before = await askPort(port)
    server.ports.changePolicy(token, { deny: ['127.0.0.0/8'] })
    const denied = await askPort(port)
    server.ports.changePolicy(token, { maxChannels: 1 })
    const [first, second] = [await askPort(port), await askPort(port)]
    server.ports.changePolicy(token, undefined)
    expect({ before, denied, first, second, askPort: await askPort(port) }).toEqual({
      before: 'ok',
      denied: 'reset',
      first: 'ok',
      second: 'reset',
      askPort: 'ok',
    })
  })
})
