import { duplexPair } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { describe, expect, test } from 'vitest'
import { parseDestination } from '../destination.js'
import { performClientHandshake } from './perform-client-handshake.js'
import { performServerHandshake } from './perform-server-handshake.js'

const destination = parseDestination('example.com', 443)

describe('performClientHandshake', () => {
  test('gives the bound address, and the socket from its first payload byte on', async () => {
    const [client, server] = duplexPair()
    const proxied = performServerHandshake(server).then(({ reply, socket }) => {
      reply('succeeded', parseDestination('10.0.0.1', 80))
      socket.end('hello')
    })
    await expect(performClientHandshake(client, { destination })).resolves.toEqual({
      bound: { host: '10.0.0.1', port: 80, type: 'ipv4' },
    })
    await proxied
    expect(String(await buffer(client))).toBe('hello')
  })

  test('asks for a UDP association', async () => {
    const [client, server] = duplexPair()
    const proxied = performServerHandshake(server, { udp: true }).then(({ reply, request }) => {
      reply('succeeded', parseDestination('::1', 4000))
      return request.command
    })
    const { bound } = await performClientHandshake(client, {
      command: 'udp-associate',
      destination: parseDestination('0.0.0.0', 0),
    })
    expect({ proxied: await proxied, host: bound?.host }).toEqual({ proxied: 'udp-associate', host: '::1' })
  })

  test('destroys the socket when the proxy refuses', async () => {
    const [client, server] = duplexPair()
    void performServerHandshake(server).then(({ reply }) => reply('forbidden'))
    const error = { code: 'ERR_SOCKS_REFUSED_BY_PROXY', reply: 'forbidden' }
    await expect(performClientHandshake(client, { destination })).rejects.toThrow(expect.objectContaining(error))
    expect(client.destroyed).toBe(true)
  })

  test('rejects when the proxy hangs up', async () => {
    const [client, server] = duplexPair()
    server.end()
    await expect(performClientHandshake(client, { destination })).rejects.toMatchObject({ code: 'ERR_SOCKS_CLOSED' })
  })
})
