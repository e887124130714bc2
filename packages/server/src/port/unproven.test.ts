import { connect } from 'node:net'
import { onceEvent, RecordingHandler, until } from '@ls/testkit'
import { connect as connectWebSocket, hashToken } from '@ls/transport'
import { afterEach, describe, expect, test } from 'vitest'
import type { ServerOptions } from '../options/server-options.js'
import { LinkSocksServer } from '../server.js'

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function start(options: ServerOptions = {}) {
  const server = new LinkSocksServer({ host: '127.0.0.1', port: 0, ...options })
  server.addForwardToken('token')
  await server.listen()
  cleanups.push(() => server.close())
  const port = server.address?.port ?? 0
  const raw = async (text: string) => {
    const socket = connect(port, '127.0.0.1')
    cleanups.push(() => socket.destroy())
    socket.on('error', () => {}).resume()
    await onceEvent(socket, 'connect')
    socket.write(text)
    return socket
  }
  return { server, port, raw }
}

const upgrade = [
  'GET /socket HTTP/1.1',
  'Host: h',
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  '\r\n',
].join('\r\n')

describe('a client without a token', () => {
  test('is cut at the header of a message longer than Auth', async () => {
    const { raw } = await start()
    const socket = await raw(upgrade)
    await onceEvent(socket, 'data')
    socket.write(Buffer.from('82fe040100000000', 'hex'))
    await onceEvent(socket, 'close')
    expect(socket.destroyed).toBe(true)
  })

  test('makes room for the next one', async () => {
    const { raw } = await start({ limits: { maxPending: 2 } })
    const oldest = await raw(upgrade)
    for (let index = 0; index < 3; index++) await raw(upgrade)
    await until(() => oldest.destroyed, 'the end of the oldest')
    expect(oldest.destroyed).toBe(true)
  })

  test('one of them keeps no other client out', async () => {
    const { server, port, raw } = await start({ limits: { maxPending: 4, maxLinks: 1 } })
    for (let index = 0; index < 20; index++) await raw(upgrade)
    const transport = await connectWebSocket({
      url: `ws://127.0.0.1:${port}/socket?token=${hashToken('token')}&reverse=false`,
    })
    cleanups.push(() => transport.destroy())
    await until(() => server.peers.size === 1, 'the client')
    expect(server.peers.size).toBe(1)
  })
})

test('a client with a token is told to try again where that token has two thirds of all links', async () => {
  const { server, port } = await start({ limits: { maxLinks: 6 } })
  server.addForwardToken('other')
  const open = async (token: string) => {
    const url = `ws://127.0.0.1:${port}/socket?token=${hashToken(token)}&reverse=false`
    const transport = await connectWebSocket({ url })
    cleanups.push(() => transport.destroy())
    const handler = new RecordingHandler()
    transport.setHandler(handler)
    return handler
  }
  for (let link = 0; link < 4; link++) await open('token')
  await until(() => server.peers.size === 4, 'the first links')
  const fifth = await open('token')
  await until(() => fifth.closes.length > 0, 'the refusal')
  // The refused link may still count: there is room for one more.
  await open('other')
  await until(() => server.peers.size === 5, 'the link of another token')
  expect(fifth.closes[0]).toMatchObject({ code: 1013, reason: 'the limit of 4 links of one token is reached' })
})
