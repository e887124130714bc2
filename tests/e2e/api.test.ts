import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer } from '@ls/server'
import { connect } from '@ls/socks5/node'
import { echoServer, FakeClock, freePort, onceEvent, tcpServer, until, within } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { type Mode, modes, proxyNet } from '../stress/proxy-net.js'
import { curl, hasCurl } from './curl.js'
import { temporaryFolder } from './temporary-folder.js'

const apiKey = 'sekret'

interface ChannelJson {
  readonly id: string
  readonly [name: string]: unknown
}

/** Calls the management API and returns the parsed answer. */
async function call<T = unknown>(server: LinkSocksServer, method: string, path: string, body?: object): Promise<T> {
  const { port = 0 } = server.address ?? {}
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method,
    headers: { 'x-api-key': apiKey },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return (await answer.json()) as T
}

/** A net whose server has the API, with a connection that has moved four bytes there and eight back. */
async function talking(mode: Mode) {
  const net = await proxyNet(mode, { server: { api: { key: apiKey } }, client: { reconnect: { delayMs: 10 } } })
  const target = closing(await tcpServer(sayTwice))
  const socket = await connect({ proxy: net.socks, target: { host: '127.0.0.1', port: target.port } })
  afterTest(() => socket.destroy())
  socket.on('error', () => {})
  expect(await answered(socket, 'ping')).toBe('pingping')
  return { ...net, target, socket }
}

function sayTwice(socket: Socket): void {
  socket.on('data', (data: Buffer) => socket.write(Buffer.concat([data, data])))
  socket.on('end', () => socket.end())
}

/** Sends a text and returns the first bytes of the answer. */
async function answered(socket: Socket, text: string): Promise<string> {
  socket.write(text)
  socket.resume()
  const [data] = (await within(once(socket, 'data'), 'an answer')) as [Buffer]
  return String(data)
}

describe('GET /api/channels', () => {
  const shown = {
    forward: { token_type: 'forward', forwarded: false },
    reverse: { token_type: 'reverse', forwarded: false },
    agent: { token_type: 'connector', forwarded: true },
  }

  test.each(modes)('shows target, client, bytes each way and age in %s mode', async (mode) => {
    const { server, target } = await talking(mode)
    await until(() => [...server.channels()].every(({ bytesFromTarget }) => bytesFromTarget === 8), 'all bytes counted')
    expect(await call(server, 'GET', '/api/channels')).toEqual([
      {
        id: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) as string,
        protocol: 'tcp',
        target: `127.0.0.1:${target.port}`,
        client_address: '127.0.0.1',
        bytes_to_target: 4,
        bytes_from_target: 8,
        age_ms: expect.any(Number) as number,
        ...shown[mode],
      },
    ])
  })

  test('shows nothing once the connection has ended', async () => {
    const { server, socket } = await talking('agent')
    socket.end()
    await onceEvent(socket, 'close')
    await until(() => [...server.channels()].length === 0, 'the channel to go')
    expect(await call(server, 'GET', '/api/channels')).toEqual([])
  })

  test('shows IPv4 clients as such when the server listens on all addresses', async () => {
    const server = closing(new LinkSocksServer({ host: '::', port: 0, api: { key: apiKey } }))
    const token = server.addForwardToken()
    await server.listen()
    const client = closing(
      new LinkSocksClient({ url: `ws://127.0.0.1:${server.address?.port}`, token, proxy: { port: 0 } }),
    )
    await client.start()
    await until(() => server.peers.size === 1, 'the client')
    expect([...server.peers].map(({ remoteAddress }) => remoteAddress)).toEqual(['127.0.0.1'])
  })
})

test.each(modes)('DELETE /api/channels/{id} cuts the connection in %s mode', async (mode) => {
  const { server, socket } = await talking(mode)
  const cut = onceEvent(socket, 'close')
  const [channel] = await call<ChannelJson[]>(server, 'GET', '/api/channels')
  expect(await call(server, 'DELETE', `/api/channels/${channel?.id}`)).toEqual({ success: true, id: channel?.id })
  await cut
  await until(() => [...server.channels()].length === 0, 'the channel to go')
})

describe('DELETE /api/token', () => {
  test.each<Mode>(['forward', 'agent'])('closes the client and its connections in %s mode', async (mode) => {
    const { server, hops, socket } = await talking(mode)
    const cut = onceEvent(socket, 'close')
    const kind = mode === 'forward' ? 'forward' : 'connector'
    const { token } = server.tokens().find((each) => each.kind === kind) ?? {}
    await call(server, 'DELETE', '/api/token', { token })
    await cut
    // The token is invalid now, so the client does not reconnect.
    const reason = await within(hops[0]?.client.closed ?? Promise.reject(new Error('no client')), 'the client to end')
    expect(reason).toMatchObject({ code: 'ERR_CLIENT_REFUSED' })
  })

  test('closes all connectors of a reverse token immediately', async () => {
    const { server, hops } = await talking('agent')
    const down = hops.map(({ client }) => onceEvent(client, 'linkDown'))
    const { token } = server.tokens().find(({ kind }) => kind === 'reverse') ?? {}
    await call(server, 'DELETE', `/api/token/${token}`)
    expect({ peers: server.peers.size, tokens: server.tokens() }).toEqual({ peers: 0, tokens: [] })
    expect(await Promise.all(down)).toEqual([['the token was removed'], ['the token was removed']])
  })

  test('gives the SOCKS port in use to the next token', async () => {
    const { server, socks, socket, target } = await talking('reverse')
    const cut = onceEvent(socket, 'close')
    const [old] = server.tokens()
    await call(server, 'DELETE', `/api/token/${old?.token}`)
    await cut
    const made = await call<{ token: string }>(server, 'POST', '/api/token', { type: 'reverse', port: socks.port })
    expect(made).toEqual({ success: true, token: made.token, port: socks.port })

    const listening = onceEvent(server, 'socksListening')
    const url = `ws://127.0.0.1:${server.address?.port}`
    await closing(new LinkSocksClient({ url, token: made.token, role: 'provider' })).start()
    await listening
    const again = await connect({ proxy: socks, target: { host: '127.0.0.1', port: target.port } })
    afterTest(() => again.destroy())
    expect(await answered(again, 'pong')).toBe('pongpong')
  })
})

describe('GET /api/status', () => {
  test('counts client processes, not their WebSockets', async () => {
    const { server } = await proxyNet('forward', { server: { api: { key: apiKey } }, client: { threads: 3 } })
    await until(() => server.peers.size === 3, 'all links')
    expect(await call(server, 'GET', '/api/status')).toMatchObject({ tokens: [{ type: 'forward', clients_count: 1 }] })
  })

  test('shows the connector tokens that a provider has added', async () => {
    const { server } = await autonomy()
    expect(await call(server, 'GET', '/api/status')).toMatchObject({
      tokens: [{ clients_count: 1, port: -1, connector_tokens: ['mine'] }],
    })
  })
})

/** A provider in autonomy that has added the token `mine`. */
async function autonomy() {
  const server = closing(
    new LinkSocksServer({ host: '127.0.0.1', port: 0, api: { key: apiKey }, limits: { orphanedTokenMs: 1 } }),
  )
  const { token } = server.addReverseToken({ allowManageConnector: true })
  await server.listen()
  const provider = closing(
    new LinkSocksClient({ url: `ws://127.0.0.1:${server.address?.port}`, token, role: 'provider' }),
  )
  await provider.start()
  await provider.addConnector('mine')
  return { server, provider }
}

test.runIf(hasCurl)('curl with 10 MiB to upload gets the 413 that says why', async () => {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, api: { key: apiKey } }))
  await server.listen()
  const folder = await temporaryFolder()
  const file = join(folder, 'big')
  await writeFile(file, Buffer.alloc(10 * 1024 * 1024, 'x'))
  const url = `http://127.0.0.1:${server.address?.port}/api/token`
  const answer = await curl('-H', `X-API-Key: ${apiKey}`, '-w', '%{http_code}', '--data-binary', `@${file}`, url)
  expect(answer).toMatchObject({
    code: 0,
    body: expect.stringMatching(/"request body of 10485760 bytes .*413$/s) as string,
  })
})

test('connector tokens go when their provider has been away for too long', async () => {
  const { server, provider } = await autonomy()
  await provider.close()
  await until(() => server.tokens().length === 1, 'the token of the provider to go')
  expect(server.tokens()).toMatchObject([{ kind: 'reverse', clients: 0, connectorTokens: [] }])
})

test('a provider opens the SOCKS port that was in use when the previous provider connected', async () => {
  const blocker = closing(await echoServer())
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
  const { token } = server.addReverseToken({ socksPort: blocker.port })
  await server.listen()
  const url = `ws://127.0.0.1:${server.address?.port}`
  const failed = onceEvent(server, 'error')
  await closing(new LinkSocksClient({ url, token, role: 'provider' })).start()
  expect(await failed).toMatchObject([{ code: 'EADDRINUSE' }])
  await blocker.close()
  const listening = onceEvent(server, 'socksListening')
  await closing(new LinkSocksClient({ url, token, role: 'provider' })).start()
  expect(await listening).toMatchObject([{ port: blocker.port }, token])
})

test('a SOCKS port that was taken opens by itself once it is free', async () => {
  const blocker = closing(await echoServer())
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0 }))
  const { token } = server.addReverseToken({ socksPort: blocker.port })
  await server.listen()
  const failed = onceEvent(server, 'error')
  await closing(new LinkSocksClient({ url: `ws://127.0.0.1:${server.address?.port}`, token, role: 'provider' })).start()
  await failed
  const listening = onceEvent(server, 'socksListening')
  await blocker.close()
  expect(await listening).toMatchObject([{ port: blocker.port }, token])
})

test('a SOCKS port that was taken opens without a wait once it is changed to a free one', async () => {
  const blocker = closing(await echoServer())
  // This clock stands still, so no attempt follows by itself.
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, clock: new FakeClock() }))
  const { token } = server.addReverseToken({ socksPort: blocker.port })
  await server.listen()
  const failed = onceEvent(server, 'error')
  await closing(new LinkSocksClient({ url: `ws://127.0.0.1:${server.address?.port}`, token, role: 'provider' })).start()
  await failed
  const free = await freePort()
  const listening = onceEvent(server, 'socksListening')
  const change = await server.ports.changeReverseToken(token, { socksPort: free })
  change.commit()
  expect(await listening).toMatchObject([{ port: free }, token])
})

test('a SOCKS port of 0 is shown as the one the system has chosen', async () => {
  const server = closing(
    new LinkSocksServer({ host: '127.0.0.1', port: 0, api: { key: apiKey }, proxy: { nowait: true } }),
  )
  const listening = onceEvent(server, 'socksListening')
  server.addReverseToken({ socksPort: 0 })
  await server.listen()
  const [{ port }] = (await listening) as [{ port: number }]
  expect(await call(server, 'GET', '/api/status')).toMatchObject({ tokens: [{ port }] })
  expect(port).toBeGreaterThan(0)
})
