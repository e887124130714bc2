import { once } from 'node:events'
import { join } from 'node:path'
import { LinkSocksClient } from '@ls/client'
import { MessageType } from '@ls/codec'
import { textOf } from '@ls/foundation'
import { LinkSocksServer, type RelayOptions, type ServerOptions, ServerState } from '@ls/server'
import { connect } from '@ls/socks5/node'
import { echoServer, FakeClock, onceEvent, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { RawPeer } from './raw-peer.js'
import { temporaryFolder } from './temporary-folder.js'

/** A relay at a free port. */
async function relayNet(
  relay: RelayOptions = {},
  { port = 0, ...more }: Pick<ServerOptions, 'state' | 'port' | 'clock'> = {},
) {
  const server = closing(
    new LinkSocksServer({ host: '127.0.0.1', port, limits: { connectorWaitMs: 200 }, relay, ...more }),
  )
  await server.listen()
  const { port: ownPort = 0 } = server.address ?? {}
  const url = `ws://127.0.0.1:${ownPort}`
  const provider = (serverToken?: string): LinkSocksClient => {
    const kept = serverToken === undefined ? {} : { serverToken }
    return closing(new LinkSocksClient({ url, role: 'provider', reconnect: { delayMs: 10 }, ...kept }))
  }
  const connector = (token: string): LinkSocksClient => {
    return closing(new LinkSocksClient({ url, token, proxy: { port: 0 }, reconnect: false }))
  }
  return { server, url, port: ownPort, provider, connector }
}

async function started(client: LinkSocksClient): Promise<LinkSocksClient> {
  await client.start()
  return client
}

/** Sends a word to an echo server through a connector. */
async function echoed(connector: LinkSocksClient, port: number, word = 'ping'): Promise<string> {
  const proxy = { host: '127.0.0.1', port: connector.socksAddress?.port ?? 0 }
  const socket = await connect({ proxy, target: { host: '127.0.0.1', port } })
  afterTest(() => socket.destroy())
  socket.write(word)
  const [chunk] = (await once(socket, 'data')) as [Buffer]
  return chunk.toString()
}

const code = 'tuna-42-lamp'

describe('relay mode', () => {
  test('a connector reaches the provider without a token that chose its code', async () => {
    const target = closing(await echoServer())
    const net = await relayNet()
    const provider = await started(net.provider())
    await provider.addConnector(code)
    expect(await echoed(await started(net.connector(code)), target.port)).toBe('ping')
  })

  test('a provider gets a token, and a connector without one is refused with the text of the deployed relay', async () => {
    const { port } = await relayNet()
    const dial = (reverse: boolean) => RawPeer.dial({ port, token: 'anonymous', reverse })
    const [provider, connector] = [await dial(true), await dial(false)]
    expect(await provider.next(MessageType.AuthResponse)).toMatchObject({
      success: true,
      token: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
    })
    expect(await connector.next(MessageType.AuthResponse)).toMatchObject({
      success: false,
      error: 'Anonymous token is only allowed for providers',
    })
  })

  test('everyone is welcomed by Log, with the notice of the operator', async () => {
    const { port } = await relayNet({ notice: 'be kind' })
    const provider = await RawPeer.open({ port, token: 'anonymous', reverse: true })
    const welcome = await provider.next(MessageType.Log)
    expect({ welcome: welcome.text, next: (await provider.next(MessageType.Log)).text }).toEqual({
      welcome: expect.stringContaining('Your group has 1 provider and 0 connectors.') as string,
      next: 'be kind',
    })
  })

  test('a provider that reconnects with its token has its code, and no other provider gets it', async () => {
    const { provider, server } = await relayNet()
    const first = await started(provider())
    await first.addConnector(code)
    const stranger = await started(provider())
    await expect(stranger.addConnector(code)).rejects.toThrow('connector token already exists')
    await first.close()
    await until(() => server.peers.size === 1, 'the provider to go')
    const again = await started(provider(first.serverToken))
    expect(await again.addConnector(code)).toBe(code)
  })

  test('a provider that keeps no token gets its code back at its address, once the old one is gone', async () => {
    const { provider, server } = await relayNet()
    const first = await started(provider())
    await first.addConnector(code)
    await first.close()
    await until(() => server.peers.size === 0, 'the provider to go')
    expect(await (await started(provider())).addConnector(code)).toBe(code)
  })

  test('providers with the same token and code take channels in turn', async () => {
    const target = closing(await echoServer())
    const { provider, connector, server } = await relayNet()
    const first = await started(provider())
    await first.addConnector(code)
    const second = await started(provider(first.serverToken))
    await second.addConnector(code)
    const user = await started(connector(code))
    for (let count = 0; count < 4; count++) await echoed(user, target.port)
    const providers = [...server.peers].filter(({ record }) => record.kind === 'reverse')
    expect(providers.map(({ session }) => session.channelCount)).toEqual([2, 2])
  })

  test('a provider with the same token is not reached by a code that it did not choose', async () => {
    const target = closing(await echoServer())
    const { provider, connector, server } = await relayNet()
    const first = await started(provider())
    await first.addConnector(code)
    await started(provider(first.serverToken))
    const user = await started(connector(code))
    for (let count = 0; count < 2; count++) await echoed(user, target.port)
    const providers = [...server.peers].filter(({ record }) => record.kind === 'reverse')
    expect(providers.map(({ session }) => session.channelCount)).toEqual([2, 0])
  })

  test('partners are counted by code', async () => {
    const { provider, connector } = await relayNet()
    const counts: Record<string, number> = {}
    const first = await started(provider())
    await first.addConnector(code)
    const second = await started(provider(first.serverToken))
    await second.addConnector(code)
    const user = connector(code)
    for (const [name, client] of Object.entries({ first, second, user }))
      client.on('partners', (count) => (counts[name] = count))
    await user.start()
    await until(() => counts['first'] === 1 && counts['second'] === 1 && counts['user'] === 2, 'all counts')
    expect(counts).toEqual({ first: 1, second: 1, user: 2 })
  })

  test('a code stays when one of two providers gives it up', async () => {
    const { provider, connector } = await relayNet()
    const first = await started(provider())
    await first.addConnector(code)
    const second = await started(provider(first.serverToken))
    await second.addConnector(code)
    await second.removeConnector(code)
    await expect(second.removeConnector(code)).rejects.toThrow('connector token does not exist')
    await expect(started(connector(code))).resolves.toBeDefined()
  })

  test('all links of one process are one provider', async () => {
    const { url, server } = await relayNet()
    const client = closing(new LinkSocksClient({ url, role: 'provider', threads: 3 }))
    await client.start()
    await until(() => server.peers.size === 3, 'all links')
    expect(new Set([...server.peers].map(({ record }) => record.token)).size).toBe(1)
  })

  test('codes outlive the server in its state, and its providers find them', async () => {
    const path = join(await temporaryFolder(), 'state.json')
    const before = await relayNet({}, { state: await ServerState.open(path) })
    const provider = await started(before.provider())
    await provider.addConnector(code)
    await before.server.close()
    const added = onceEvent(provider, 'connectorAdded', { timeoutMs: 15_000 })
    const after = await relayNet({}, { state: await ServerState.open(path), port: before.port })
    await added
    const stranger = await started(after.provider())
    await expect(stranger.addConnector(code)).rejects.toThrow('connector token already exists')
    await expect(started(after.connector(code))).resolves.toBeDefined()
  })

  test('the bytes of 24 hours count on after a restart of the server', async () => {
    const path = join(await temporaryFolder(), 'state.json')
    const before = await relayNet({ dailyBytes: 3000 }, { state: await ServerState.open(path) })
    const provider = await started(before.provider())
    await provider.addConnector(code)
    const token = provider.serverToken ?? ''
    const connector = await started(before.connector(code))
    const target = closing(await echoServer())
    const down = onceEvent(provider, 'linkDown')
    echoed(connector, target.port, 'x'.repeat(5000)).catch(() => {})
    await down
    await provider.close()
    await before.server.close()
    const { port } = await relayNet({ dailyBytes: 3000 }, { state: await ServerState.open(path) })
    const peer = await RawPeer.dial({ port, token, reverse: true })
    expect((await peer.end()).reason).toContain('has moved its 3000 bytes of 24 hours')
  })

  test('the end of a provider’s time ends its links, and it may start again', async () => {
    const clock = new FakeClock()
    const { provider, server } = await relayNet({ lifetimeMs: 1000 }, { clock })
    const client = await started(provider())
    const before = client.serverToken
    const [down, up] = [onceEvent(client, 'linkDown'), onceEvent(client, 'linkUp')]
    clock.advance(1000)
    await Promise.all([down, up])
    expect({ serverTokenIsBefore: client.serverToken === before, tokens: server.tokens() }).toEqual({
      serverTokenIsBefore: false,
      tokens: [expect.anything()],
    })
  })
})

describe('a stranger at a relay', () => {
  test('ends with the reason when its code is too easy to guess', async () => {
    const { url } = await relayNet()
    const provider = closing(new LinkSocksClient({ url, role: 'provider', connectorTokens: ['short'] }))
    await provider.start()
    expect(await provider.closed).toMatchObject({
      code: 'ERR_CLIENT_CONNECTOR_REFUSED',
      message: expect.stringContaining('a code of 5 characters; it must have at least 8') as string,
    })
  })

  test('gets no more identities than one address may have', async () => {
    const { provider } = await relayNet({ maxAddressIdentities: 2 })
    for (let count = 0; count < 2; count++) await started(provider())
    const third = provider()
    const refused = onceEvent(third, 'linkFailed')
    third.start().catch(() => {})
    expect(String((await refused)[0])).toContain('the limit of 2 providers of one address is reached')
  })

  test('that takes the place of another one in its handshake does not end it', async () => {
    const { port } = await relayNet({ maxIdentities: 1 })
    const first = await RawPeer.dial({ port, token: 'anonymous', reverse: true, extensions: ['window'] })
    await first.next(MessageType.AuthResponse)
    await RawPeer.open({ port, token: 'anonymous', reverse: true })
    first.send({ type: MessageType.Hello, extensions: ['window'], windowBytes: 262_144 })
    expect(await first.end()).toEqual({ code: 1013, reason: 'a newer provider needed its place' })
  })

  test('gets no more codes than a provider may have', async () => {
    const { provider } = await relayNet({ maxCodes: 2 })
    const client = await started(provider())
    for (const each of ['tuna-42-lamp', 'sofa-17-moon']) await client.addConnector(each)
    await expect(client.addConnector('door-99-fish')).rejects.toThrow('too many connector tokens: 2 are registered')
  })

  test('is slowed down when it asks for codes that are in use', async () => {
    const { provider } = await relayNet({}, { clock: new FakeClock() })
    const owner = await started(provider())
    const stranger = await started(provider())
    const answers: string[] = []
    for (let count = 0; count < 5; count++) {
      if (count < 4) await owner.addConnector(`${code}-${count}`)
      answers.push(await stranger.addConnector(`${code}-${count}`).catch((error: unknown) => textOf(error)))
    }
    expect(answers.at(-1)).toBe('too many codes from this address: wait 1 s')
  })

  test('gets no more links than one address may have', async () => {
    const { url } = await relayNet({ maxAddressLinks: 2 })
    const client = closing(new LinkSocksClient({ url, role: 'provider', threads: 3 }))
    const failed = onceEvent(client, 'linkFailed')
    await client.start()
    expect(String((await failed)[0])).toContain('the limit of 2 links of one address is reached')
  })

  test('opens no more channels than connectors of one address may', async () => {
    const target = closing(await echoServer())
    const { provider, connector } = await relayNet({ maxAddressChannels: 1 })
    await (await started(provider())).addConnector(code)
    const user = await started(connector(code))
    await echoed(user, target.port)
    await expect(echoed(user, target.port)).rejects.toThrow('the proxy refuses the request')
  })

  test('moves no more bytes than a provider may in a day', async () => {
    const target = closing(await echoServer())
    const { provider, connector } = await relayNet({ dailyBytes: 1000 })
    await (await started(provider())).addConnector(code)
    const user = await started(connector(code))
    const down = onceEvent(user, 'linkDown')
    echoed(user, target.port, 'x'.repeat(2000)).catch(() => {})
    expect((await down)[0]).toContain('has moved its 1000 bytes of 24 hours')
  })
})
