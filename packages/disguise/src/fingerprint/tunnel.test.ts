import { once } from 'node:events'
import { request } from 'node:http'
import { connect, Server, type Socket } from 'node:net'
import { echoServer, leakCheck, tcpServer, type TestServer, until, useCleanups } from '@ls/testkit'
import { describe, expect, test, vi } from 'vitest'
import { Tunnel } from './tunnel.js'

const cleanups = useCleanups()

/** A tunnel over a connection to `server`. */
async function tunnelTo(server: TestServer): Promise<Tunnel> {
  const connection = connect(server.port, server.host)
  await once(connection, 'connect')
  const tunnel = await Tunnel.open(connection)
  cleanups.push(
    () => server.close(),
    () => tunnel.destroy(),
  )
  return tunnel
}

/** Sends CONNECT, as an HTTP client does to its proxy. */
function enter(proxyUrl: string): Promise<Socket> {
  const { hostname, port, username, password } = new URL(proxyUrl)
  const account = Buffer.from(`${username}:${password}`).toString('base64')
  const headers = { 'Proxy-Authorization': `Basic ${account}` }
  const asked = request({ hostname, port, method: 'CONNECT', path: 'anywhere:443', headers, agent: false })
  asked.end()
  return new Promise((resolve, reject) => {
    asked.on('connect', (_response, socket, head) => {
      if (head.length > 0) socket.unshift(head)
      cleanups.push(() => socket.destroy())
      resolve(socket)
    })
    asked.on('error', reject)
  })
}

describe('Tunnel', () => {
  test('carries bytes both ways, whatever target is named', async () => {
    const client = await enter((await tunnelTo(await echoServer())).proxyUrl)
    client.write('hello')
    expect(String((await once(client, 'data'))[0])).toBe('hello')
  })

  test('requires its password', async () => {
    const { proxyUrl } = await tunnelTo(await echoServer())
    await expect(enter(proxyUrl.replace(/:[0-9a-f]{32}@/, ':wrong@'))).rejects.toThrow(/hang up|ECONN/)
    const client = await enter(proxyUrl)
    client.write('still there')
    expect(String((await once(client, 'data'))[0])).toBe('still there')
  })

  test('lets in one client and no more', async () => {
    const { proxyUrl } = await tunnelTo(await echoServer())
    await enter(proxyUrl)
    await expect(enter(proxyUrl)).rejects.toThrow(/hang up|ECONN/)
  })

  test('passes on what came before the end, and the end', async () => {
    const server = await tcpServer((socket) => socket.end('all of it'))
    const client = await enter((await tunnelTo(server)).proxyUrl)
    let text = ''
    client.on('data', (chunk: Buffer) => (text += String(chunk)))
    await once(client, 'end')
    expect(text).toBe('all of it')
  })

  test('holds the server back while it is paused', async () => {
    let sentBytes = 0
    const server = await tcpServer((socket) => {
      const send = (): void => {
        while (socket.write(Buffer.alloc(65_536))) sentBytes += 65_536
      }
      socket.on('drain', send)
      send()
    })
    const tunnel = await tunnelTo(server)
    tunnel.pause()
    const client = await enter(tunnel.proxyUrl)
    let gotBytes = 0
    client.on('data', (chunk: Buffer) => (gotBytes += chunk.length))
    let quietSince = { sentBytes: -1, turns: 0 }
    await until(() => {
      quietSince =
        quietSince.sentBytes === sentBytes ? { sentBytes, turns: quietSince.turns + 1 } : { sentBytes, turns: 0 }
      return quietSince.turns > 100
    }, 'the server to stand still')
    const whilePaused = { sentBytes, gotBytes }
    tunnel.resume()
    await until(() => gotBytes > whilePaused.sentBytes, 'bytes to flow again')
    expect(whilePaused.gotBytes).toBe(0)
  })

  test('reports why the connection ended', async () => {
    const server = await tcpServer((socket) => socket.once('data', () => socket.resetAndDestroy()))
    const tunnel = await tunnelTo(server)
    const client = await enter(tunnel.proxyUrl)
    client.write('x')
    await until(() => tunnel.error !== undefined, 'the error')
    expect(tunnel.error).toMatchObject({ code: 'ECONNRESET' })
  })

  test('leaves nothing open once it is destroyed, with and without a client', async () => {
    const server = await tcpServer((socket) => socket.resume().on('end', () => socket.end()))
    const assertNoLeak = leakCheck()
    const unused = await tunnelTo(server)
    const used = await tunnelTo(server)
    const client = await enter(used.proxyUrl)
    client.on('error', () => {})
    unused.destroy()
    used.destroy()
    client.destroy()
    await assertNoLeak()
    expect(unused.bufferedBytes + used.bufferedBytes).toBe(0)
  })
})

test('Tunnel goes on when a connection cannot be accepted', async () => {
  const far = await echoServer()
  const listening = vi.spyOn(Server.prototype, 'listen')
  cleanups.push(() => listening.mockRestore())
  await tunnelTo(far)
  const [server] = listening.mock.contexts as Server[]
  expect(() => server!.emit('error', new Error('accept EMFILE'))).not.toThrow()
})
