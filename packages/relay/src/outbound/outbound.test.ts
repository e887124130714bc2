import { connect as connectTcp } from 'node:net'
import { silentLogger } from '@ls/foundation'
import { createServer as createHttpProxy, dialDirect } from '@ls/http-proxy/node'
import type { Channel } from '@ls/mux'
import { accounts, connect, createServer } from '@ls/socks5/node'
import { echoServer, freePort, onceEvent, tcpServer, testCertificate, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { closing } from '../../testing/cleanup.js'
import { RawClient } from '../../testing/raw-client.js'
import { relayPair } from '../../testing/relay-pair.js'
import { sessionPair } from '../../testing/session-pair.js'
import { ChannelSlots } from '../channel-slots.js'
import { Outbound, type OutboundOptions } from './outbound.js'

/** Answer of an echo through the outbound, or the failure that the proxy client receives. */
async function echoed(outbound: OutboundOptions, target: { host: string; port: number }): Promise<string> {
  const { port } = await relayPair({ outbound })
  const socket = await connect({ proxy: { host: '127.0.0.1', port }, target }).catch(
    (error: unknown) => error as { reply: string },
  )
  if (!('write' in socket)) return socket.reply
  socket.resume().end('ping')
  const [answer] = await onceEvent(socket, 'data')
  socket.destroy()
  return String(answer)
}

/** Refusal that a peer receives for the target. */
function refusal(options: OutboundOptions, target: { host: string; port: number }): Promise<string> {
  const outbound = new Outbound(options)
  const { near } = sessionPair((channel) => outbound.serve(channel))
  return new Promise((resolve) => {
    near.open(
      { protocol: 'tcp', address: target },
      { onOpen: () => resolve('open'), onClose: ({ error }) => resolve(error) },
    )
  })
}

/** A SOCKS proxy for the test; `asked` lists its requests. */
async function socksProxy(account?: { username: string; password: string }) {
  const asked: string[] = []
  const auth = account === undefined ? undefined : accounts([account])
  const server = createServer({ auth }, ({ version, destination, userId, user }, answer) => {
    asked.push(`${version} ${destination.host} ${userId ?? user ?? ''}`.trim())
    const target = connectTcp({ host: destination.host, port: destination.port, allowHalfOpen: true })
    target.on('error', () => answer.reject('refused'))
    target.once('connect', () => {
      const client = answer.accept()
      client.pipe(target).pipe(client)
    })
  })
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  closing(server)
  return { port, asked }
}

async function httpProxy() {
  const server = createHttpProxy({}, dialDirect)
  const { port } = await server.listen({ host: '127.0.0.1', port: 0 })
  closing(server)
  return { port }
}

describe('an Outbound goes through', () => {
  test.each([
    ['socks5://ada:secret@', '5 localhost ada', { username: 'ada', password: 'secret' }],
    ['socks5h://', '5 localhost', undefined],
    ['socks4a://id@', '4 localhost id', undefined],
    ['socks4://', '4 127.0.0.1', undefined],
  ])('a proxy of %s', async (scheme, request, account) => {
    const { port } = closing(await echoServer())
    const proxy = await socksProxy(account)
    const upstreamProxies = [`${scheme}127.0.0.1:${proxy.port}`]
    expect(await echoed({ upstreamProxies }, { host: 'localhost', port })).toBe('ping')
    expect(proxy.asked).toEqual([request])
  })

  test('a chain of SOCKS, HTTP and SOCKS', async () => {
    const { port } = closing(await echoServer())
    const [first, second, third] = [await socksProxy(), await httpProxy(), await socksProxy()]
    const upstreamProxies = [
      `socks5://127.0.0.1:${first.port}`,
      `http://127.0.0.1:${second.port}`,
      `socks4a://127.0.0.1:${third.port}`,
    ]
    expect(await echoed({ upstreamProxies }, { host: 'localhost', port })).toBe('ping')
    expect({ first: first.asked, third: third.asked }).toEqual({ first: ['5 127.0.0.1'], third: ['4 localhost'] })
  })

  test('the exit of the first route that matches', async () => {
    const { port } = closing(await echoServer())
    const proxy = await socksProxy()
    const routes = [`localhost:${port}=socks5://127.0.0.1:${proxy.port}`, '*=reject']
    expect(await echoed({ routes }, { host: 'localhost', port })).toBe('ping')
    expect(await echoed({ routes }, { host: '127.0.0.1', port })).toBe('forbidden')
    expect(proxy.asked).toEqual(['5 localhost'])
  })
})

describe('an Outbound reports the reason of a failure', () => {
  test('with the reply of the proxy', async () => {
    const proxy = await socksProxy()
    const upstreamProxies = [`socks5://127.0.0.1:${proxy.port}`]
    expect(await echoed({ upstreamProxies }, { host: '127.0.0.1', port: await freePort() })).toBe('refused')
  })

  test('as a failure, not as refused, where it is the proxy that cannot be reached', async () => {
    const upstreamProxies = [`socks5://127.0.0.1:${await freePort()}`]
    expect(await echoed({ upstreamProxies }, { host: '127.0.0.1', port: 1 })).toBe('host-unreachable')
  })

  test('as timeout where the proxy says nothing', async () => {
    const silent = closing(await tcpServer(() => {}))
    const upstreamProxies = [`socks5://127.0.0.1:${silent.port}`]
    expect(await echoed({ upstreamProxies, connectTimeoutMs: 30 }, { host: 'a.test', port: 1 })).toBe('timeout')
  })

  test('as timeout where an HTTP proxy says nothing', async () => {
    const silent = closing(await tcpServer(() => {}))
    const upstreamProxies = [`http://127.0.0.1:${silent.port}`]
    expect(await echoed({ upstreamProxies, connectTimeoutMs: 30 }, { host: 'a.test', port: 1 })).toBe('timeout')
  })

  test('as forbidden where a rule names the target, even through a proxy', async () => {
    const options = { upstreamProxies: ['socks5://127.0.0.1:9'], accessRules: ['10.0.0.0/8:*'] }
    expect(await echoed(options, { host: 'a.test', port: 1 })).toBe('forbidden')
  })

  test.each([
    '127.0.0.1',
    '127.1',
    '0x7f.1',
    '0.0.0.0',
    '0',
    '::ffff:127.0.0.1',
    '::ffff:0.0.0.0',
    'localhost',
    'localhost.',
  ])('as forbidden where a route rejects loopback and a peer asks for %s', async (host) => {
    const { port } = closing(await echoServer())
    expect(await refusal({ routes: ['127.0.0.0/8=reject'] }, { host, port })).toMatch(/^forbidden: /)
  })

  test.each(['127.0.0.1\0.example.com', 'localhost\0.example.com', '::ffff:127.0.0.1%x.example.com', ' 127.0.0.1'])(
    'as failed where a peer asks for %j, of which a resolver would see a part',
    async (host) => {
      const { port } = closing(await echoServer())
      expect(await refusal({ accessRules: ['*.example.com:*'] }, { host, port })).toMatch(/^failed: the host /)
    },
  )

  test.each(['127.0.0.1', 'localhost'])(
    'as forbidden where the guard closes %s, directly and through a proxy',
    async (host) => {
      const { port } = closing(await echoServer())
      const proxy = await socksProxy()
      const answers = [
        await refusal({ guard: 'local' }, { host, port }),
        await refusal({ guard: 'local', upstreamProxies: [`socks5://127.0.0.1:${proxy.port}`] }, { host, port }),
      ]
      expect(answers).toEqual(Array(2).fill(expect.stringMatching(/^forbidden: .* --guard none opens it$/)))
      expect(proxy.asked).toEqual([])
    },
  )

  test('as forbidden by the guard, with one warning that names the target, the rule and the flag', async () => {
    const warnings: unknown[] = []
    const logger = { ...silentLogger, warn: (fields: object, text: string) => void warnings.push([text, fields]) }
    const { near } = sessionPair((channel) => outbound.serve(channel, { onForbidden: (text) => warnings.push(text) }))
    const outbound = new Outbound({ guard: 'local', logger })
    for (const port of [1, 2]) {
      await new Promise<void>((resolve) => {
        near.open({ protocol: 'tcp', address: { host: '127.0.0.1', port } }, { onClose: () => resolve() })
      })
    }
    const reason = '127.0.0.1:1 is loopback, which the guard closes; --guard none opens it'
    expect(warnings).toEqual([['the guard refused a target', { reason }]])
  })

  test('as forbidden where socks4 would resolve the name to a rejected address', async () => {
    const options = { upstreamProxies: ['socks4://127.0.0.1:9'], routes: ['127.0.0.0/8=reject'] }
    expect(await echoed(options, { host: 'localhost', port: 1 })).toBe('forbidden')
  })
})

test('Outbound sends the first payload right behind the opening of the tunnel', async () => {
  const chunks: string[] = []
  const proxy = closing(
    await tcpServer((socket) => {
      socket.on('data', (chunk) => {
        chunks.push(String(chunk))
        if (chunks.length === 1) socket.write('HTTP/1.1 200 OK\r\n\r\n')
        else socket.end('pong')
      })
    }),
  )
  const { port } = await relayPair({
    inbound: { fastOpen: true },
    outbound: { upstreamProxies: [`http://127.0.0.1:${proxy.port}`] },
  })
  const client = await RawClient.open({ host: '127.0.0.1', port })
  client.write([5, 1, 0, 5, 1, 0, 1, 192, 0, 2, 1, 0, 80], 'first')
  expect((await client.readAll()).subarray(12).toString()).toBe('pong')
  expect(chunks).toEqual([expect.stringMatching(/^CONNECT 192\.0\.2\.1:80 HTTP\/1\.1\r\n/), 'first'])
})

test('Outbound abandons its dial when the channel goes', async () => {
  const silent = closing(await tcpServer((socket) => socket.resume().on('end', () => socket.end())))
  const outbound = new Outbound({ upstreamProxies: [`socks5://127.0.0.1:${silent.port}`] })
  const { near } = sessionPair((channel) => outbound.serve(channel))
  const channel = near.open({ protocol: 'tcp', address: { host: 'a.test', port: 80 } }, { onClose: () => {} })
  await until(() => silent.sockets.size === 1, 'the dial')
  channel.abort('')
  await until(() => silent.sockets.size === 0, 'its end')
  expect(near.channelCount).toBe(0)
})

describe('an Outbound whose channel goes while it dials', () => {
  /** Gives up 3 channels; returns how many slots are in use in the same turn, and when their sockets are closed. */
  async function usedSlots() {
    const slots = new ChannelSlots({ limit: 3, what: 'channels' })
    const channels: Channel[] = []
    const { near } = sessionPair((channel) => channels.push(channel))
    const address = { host: '127.0.0.1', port: await freePort() }
    for (let opened = 0; opened < 3; opened++) near.open({ protocol: 'tcp', address }, { onClose: () => {} })
    await until(() => channels.length === 3, 'the channels')
    const outbound = new Outbound({ slots })
    for (const channel of channels) {
      outbound.serve(channel)
      channel.abort('failed: no longer wanted')
    }
    // All promises of this turn settle before the next tick.
    await new Promise<void>((resolve) => process.nextTick(resolve))
    const during = slots.used
    await until(() => slots.used === 0, 'the slots')
    return { during, after: slots.used }
  }

  test('releases its slot after the turn, since the sockets remain until then', async () => {
    expect(await usedSlots()).toEqual({ during: 3, after: 0 })
  })
})

describe('new Outbound', () => {
  test.each([
    [{ upstreamProxies: ['ftp://h'] }, 'upstream proxies speak'],
    [{ routes: ['x'] }, 'a route must be'],
    [{ accessRules: ['x'] }, 'access rule "x"'],
    [{ upstreamHeaders: { Host: 'x' } }, 'the upstream header Host'],
  ])('refuses %j', (options, message) => {
    expect(() => new Outbound(options)).toThrow(message)
  })

  test('accepts a certificate authority for https:// proxies', () => {
    expect(new Outbound({ upstreamTls: { ca: testCertificate().cert } })).toBeInstanceOf(Outbound)
  })
})
