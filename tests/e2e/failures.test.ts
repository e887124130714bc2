import { once } from 'node:events'
import { createServer } from 'node:net'
import { LinkSocksClient } from '@ls/client'
import { MessageType, newChannelId } from '@ls/codec'
import { LinkSocksServer } from '@ls/server'
import { freePort, httpServer } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { closing } from '../stress/cleanup.js'
import { proxyNet } from '../stress/proxy-net.js'
import { curl, hasCurl } from './curl.js'
import { RawPeer } from './raw-peer.js'

describe.skipIf(!hasCurl)('what curl says when something is wrong', () => {
  test('a target that refuses is reported as refused (SOCKS reply 5)', async () => {
    const { socks } = await proxyNet('forward')
    const { error } = await curl(
      '--socks5-hostname',
      `127.0.0.1:${socks.port}`,
      `http://127.0.0.1:${await freePort()}/`,
    )
    expect(error).toContain('(5)')
  })

  test('a name that does not resolve is reported as host unreachable (SOCKS reply 4)', async () => {
    const { socks } = await proxyNet('forward')
    const { error } = await curl('--socks5-hostname', `127.0.0.1:${socks.port}`, 'http://no-such-name.invalid/')
    expect(error).toContain('(4)')
  })

  test('a wrong SOCKS password is reported as a failed login', async () => {
    const { socks } = await proxyNet('forward', {
      client: { proxy: { accounts: [{ username: 'ann', password: 'right' }] } },
    })
    const { error } = await curl('-U', 'ann:wrong', '--socks5-hostname', `127.0.0.1:${socks.port}`, 'http://127.0.0.1/')
    expect(error).toMatch(/rejected by the SOCKS5 server/)
  })

  test('the right SOCKS password lets through', async () => {
    const http = closing(await httpServer())
    const { socks } = await proxyNet('forward', {
      client: { proxy: { accounts: [{ username: 'ann', password: 'right' }] } },
    })
    const { code } = await curl('-U', 'ann:right', '--socks5-hostname', `127.0.0.1:${socks.port}`, http.url)
    expect(code).toBe(0)
  })

  test('no provider in time is reported as network unreachable (SOCKS reply 3)', async () => {
    const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, limits: { providerWaitMs: 100 } }))
    const { port } = server.addReverseToken({ socksPort: await freePort(), socksNowait: true })
    await server.listen()
    const { error } = await curl('--socks5-hostname', `127.0.0.1:${port}`, 'http://127.0.0.1/')
    expect(error).toContain('(3)')
  })
})

test('a provider is asked for an address in its plain form', async () => {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
  const { token: reverseToken } = server.addReverseToken({ socksPort: await freePort() })
  const token = server.addConnectorToken({ reverseToken })
  await server.listen()
  const { port } = server.address!
  const provider = await RawPeer.open({ port, token: reverseToken, reverse: true })
  const connector = await RawPeer.open({ port, token })
  const address = { host: '::ffff:7f00:1', port: 80 }
  connector.send({ type: MessageType.Connect, protocol: 'tcp', channelId: newChannelId(), address })
  expect((await provider.next(MessageType.Connect)).address).toEqual({ host: '127.0.0.1', port: 80 })
})

test('a connector that asks for no host name is refused before a provider sees it', async () => {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
  const { token: reverseToken } = server.addReverseToken({ socksPort: await freePort() })
  const token = server.addConnectorToken({ reverseToken })
  await server.listen()
  const peer = await RawPeer.open({ port: server.address!.port, token })
  const address = { host: '127.0.0.1\0.example.com', port: 80 }
  peer.send({ type: MessageType.Connect, protocol: 'tcp', channelId: newChannelId(), address })
  expect(await peer.next(MessageType.ConnectResponse)).toMatchObject({
    success: false,
    error: expect.stringMatching(/^failed: the host "127\.0\.0\.1\\u0000/) as string,
  })
})

describe('LinkSocksClient.start', () => {
  test('rejects a wrong token and does not try again', async () => {
    const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
    await server.listen()
    const refused: string[] = []
    server.on('clientRefused', (_address, reason) => refused.push(reason))
    const client = closing(
      new LinkSocksClient({ url: `ws://127.0.0.1:${server.address?.port}`, token: 'wrong', proxy: { port: 0 } }),
    )
    await expect(client.start()).rejects.toThrow('the server refused us: invalid token')
    expect(refused).toEqual(['invalid token'])
  })

  test('rejects when the server is not there and reconnect is off, naming place and cause', async () => {
    const port = await freePort()
    const client = closing(new LinkSocksClient({ url: `ws://127.0.0.1:${port}`, token: 't', reconnect: false }))
    await expect(client.start()).rejects.toThrow(`cannot connect to 127.0.0.1:${port}: nothing listens there`)
  })

  test('rejects when the SOCKS port is taken, naming it', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    closing(other)
    const { port } = other.address() as { port: number }
    const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
    const token = server.addForwardToken()
    await server.listen()
    const client = closing(
      new LinkSocksClient({ url: `ws://127.0.0.1:${server.address?.port}`, token, proxy: { port } }),
    )
    await expect(client.start()).rejects.toThrow(`127.0.0.1:${port}: the port is in use`)
  })
})
