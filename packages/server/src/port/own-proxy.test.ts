import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { onceEvent } from '@ls/testkit'
import { connect } from '@ls/transport'
import { afterEach, describe, expect, test } from 'vitest'
import type { ServerOptions } from '../options/server-options.js'
import { LinkSocksServer } from '../server.js'

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

/** The port for byte streams of a server with its own proxy ports. */
async function ownPort(options: ServerOptions): Promise<number> {
  const proxy = { listen: ['ws://127.0.0.1:0/tunnel'] }
  const server = new LinkSocksServer({ host: '127.0.0.1', port: 0, proxy, ...options })
  cleanups.push(() => server.close())
  const listening = onceEvent(server, 'socksListening')
  await server.listen()
  const [address] = (await listening) as [{ webSocket: { port: number } }]
  return address.webSocket.port
}

/** Opens a WebSocket there, after `begin`, the bytes with which the connection begins. */
async function visit(port: number, begin = ''): Promise<void> {
  const dial = async () => {
    const socket = connectTcp(port, '127.0.0.1')
    await once(socket, 'connect')
    if (begin !== '') socket.write(begin)
    return socket
  }
  const transport = await connect({ url: new URL(`ws://127.0.0.1:${port}/tunnel`), dial })
  cleanups.push(() => transport.destroy())
}

describe('OwnProxy', () => {
  const header = 'PROXY TCP4 192.0.2.7 192.0.2.8 5000 80\r\n'

  test('takes PROXY headers where the server does', async () => {
    const port = await ownPort({ proxyProtocol: true })
    await expect(visit(port, header)).resolves.toBeUndefined()
  })

  test('refuses clients without a PROXY header if the server requires one', async () => {
    const port = await ownPort({ proxyProtocol: true })
    await expect(visit(port)).rejects.toMatchObject({ code: 'ERR_TRANSPORT_CONNECTION_LOST' })
  })

  test('accepts PROXY headers only from the proxies that the server trusts', async () => {
    const port = await ownPort({ proxyProtocol: true, trustedProxies: ['192.0.2.1'] })
    await expect(visit(port, header)).rejects.toMatchObject({
      code: expect.stringMatching(/^ERR_TRANSPORT_/) as string,
    })
  })

  test('expects no PROXY headers otherwise', async () => {
    const port = await ownPort({})
    await expect(visit(port)).resolves.toBeUndefined()
  })
})
