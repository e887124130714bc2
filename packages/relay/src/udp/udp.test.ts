import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { NameResolver } from '@ls/dial'
import { silentLogger } from '@ls/foundation'
import { until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest } from '../../testing/cleanup.js'
import { FakeSocksProxy } from '../../testing/fake-socks-proxy.js'
import { sessionPair } from '../../testing/session-pair.js'
import { UdpChannel } from '../../testing/udp-channel.js'
import { Outbound, type OutboundOptions } from '../outbound/outbound.js'

/** A UDP channel to an outbound. */
function associate(options: OutboundOptions = {}): UdpChannel {
  const outbound = new Outbound(options)
  return new UdpChannel(sessionPair((channel) => outbound.serve(channel)).near)
}

async function udpEcho(type: 'udp4' | 'udp6' = 'udp4'): Promise<number> {
  const socket = createSocket(type)
  socket.on('message', (payload, from) => socket.send(payload, from.port, from.address))
  socket.bind(0, type === 'udp4' ? '127.0.0.1' : '::1')
  await once(socket, 'listening')
  afterTest(() => socket.close())
  return socket.address().port
}

const dead = 'socks5://127.0.0.1:9'

describe('an Outbound sends datagrams directly', () => {
  test('to addresses and names, and names the sources of the answers', async () => {
    const port = await udpEcho()
    const received = await associate().send('one', '127.0.0.1', port).send('two', 'localhost', port).next(2)
    const source = { host: '127.0.0.1', port }
    expect(received.toSorted((a, b) => a.text.localeCompare(b.text))).toEqual([
      { text: 'one', source },
      { text: 'two', source },
    ])
  })

  test('over IPv6', async () => {
    const port = await udpEcho('udp6')
    expect(await associate().send('x', '::1', port).next()).toEqual([{ text: 'x', source: { host: '::1', port } }])
  })

  test('as empty ones too', async () => {
    expect(
      await associate()
        .send('', '127.0.0.1', await udpEcho())
        .next(),
    ).toMatchObject([{ text: '' }])
  })

  test('only where a rule allows it, be it by name or by address', async () => {
    const port = await udpEcho()
    const channel = associate({ accessRules: [`127.0.0.1:${port}`] })
    channel.send('no', '127.0.0.1', port + 1).send('yes', 'localhost', port)
    expect(await channel.next()).toMatchObject([{ text: 'yes' }])
  })

  test('with a warning where the guard closes the target', async () => {
    const warning = await new Promise<unknown>((resolve) => {
      const logger = { ...silentLogger, warn: (fields: object, text: string) => resolve([text, fields]) }
      associate({ guard: 'local', logger }).send('no', '127.0.0.1', 9)
    })
    const reason = '127.0.0.1:9 is loopback, which the guard closes; --guard none opens it'
    expect(warning).toEqual(['the guard refused a target', { reason }])
  })

  test.each([
    ['a route rejects', { routes: ['127.0.0.0/8=reject', '[::1]=reject'] }],
    ['the guard closes', { guard: 'local' }],
  ] satisfies [string, OutboundOptions][])(
    'never where %s the target, however it is written',
    async (_what, options) => {
      const port = await udpEcho()
      const dropped: string[] = []
      const logger = { ...silentLogger, debug: (_fields: object, text: string) => void dropped.push(text) }
      const channel = associate({ ...options, logger })
      const spellings = ['127.1', '0', '0.0.0.0', '::', '::ffff:0.0.0.0', '127.0.0.1\0.example.com', 'localhost.']
      for (const host of spellings) channel.send(host, host, port)
      await until(() => dropped.length === spellings.length, 'all to be dropped')
      expect(channel.received).toEqual([])
    },
  )

  test('with a limit on those that wait for the resolver', async () => {
    const answers: (() => void)[] = []
    const resolver: NameResolver = {
      lookup: (_name, onAnswer) => {
        answers.push(() => {
          onAnswer(6, { addresses: [] })
          onAnswer(4, { addresses: ['127.0.0.1'] })
        })
        return () => {}
      },
    }
    const port = await udpEcho()
    const channel = associate({ udp: { maxResolving: 2, resolver } })
    for (const text of ['1', '2', '3', '4']) channel.send(text, 'slow.test', port)
    channel.send('5', '127.0.0.1', port)
    await channel.next()
    for (const answer of answers) answer()
    await channel.next(3)
    expect(channel.received.map(({ text }) => text)).toEqual(['5', '1', '2'])
  })

  test('until none has come for a while', async () => {
    const channel = associate({ udp: { idleMs: 20 } })
    await until(() => channel.closed !== undefined, 'the end')
    expect(channel.closed?.error).toBe('timeout: no datagram for 20 ms')
  })
})

describe('an Outbound sends datagrams through a SOCKS5 proxy', () => {
  test('and names the sources of the answers', async () => {
    const proxy = await FakeSocksProxy.start()
    const channel = associate({ upstreamProxies: [proxy.url] }).send('hello', 'name.test', 53)
    expect(await channel.next()).toEqual([{ text: 're: hello', source: { host: 'name.test', port: 53 } }])
    expect(proxy.targets).toEqual(['name.test:53'])
  })

  test.each([
    ['leaves its address open', '0.0.0.0'],
    ['says it in IPv6', '::'],
  ])('that %s', async (_what, advertise) => {
    const proxy = await FakeSocksProxy.start({ advertise })
    expect(
      await associate({ upstreamProxies: [proxy.url] })
        .send('x', '192.0.2.1', 53)
        .next(),
    ).toHaveLength(1)
  })

  test('and refuses the association when the proxy does, with its reason', async () => {
    const proxy = await FakeSocksProxy.start({ refuse: true })
    const answer = await associate({ upstreamProxies: [proxy.url] }).answer()
    expect(answer).toMatchObject({ kind: 'refused', error: expect.stringMatching(/^network-unreachable: /) as string })
  })

  test('and says that the proxy cannot be reached', async () => {
    const answer = await associate({ upstreamProxies: [dead] }).answer()
    expect(answer).toMatchObject({
      error: expect.stringMatching(/^failed: cannot reach the proxy 127\.0\.0\.1:9: /) as string,
    })
  })

  test('and gives up on one that does not answer', async () => {
    const proxy = await FakeSocksProxy.start({ silent: true })
    const answer = await associate({ upstreamProxies: [proxy.url], connectTimeoutMs: 30 }).answer()
    expect(answer).toMatchObject({ error: expect.stringMatching(/^timeout: /) as string })
  })

  test('until the proxy ends the connection', async () => {
    const proxy = await FakeSocksProxy.start()
    const channel = associate({ upstreamProxies: [proxy.url] })
    await channel.answer()
    proxy.controls[0]?.end()
    await until(() => channel.closed !== undefined, 'the end')
    expect(channel.closed?.error).toBe('failed: the upstream proxy ended the association')
  })

  test('and ends the connection with the association', async () => {
    const proxy = await FakeSocksProxy.start()
    const channel = associate({ upstreamProxies: [proxy.url] })
    await channel.answer()
    channel.channel.disconnect()
    const [control] = proxy.controls
    await until(() => control?.readableEnded === true || control?.destroyed === true, 'the end')
    expect(channel.closed).toMatchObject({ kind: 'local' })
  })

  test('and drops the association while it is being opened', async () => {
    const proxy = await FakeSocksProxy.start({ silent: true })
    const channel = associate({ upstreamProxies: [proxy.url] })
    await until(() => proxy.controls.length === 1, 'the connection')
    channel.channel.abort('')
    await until(() => proxy.controls[0]?.destroyed === true, 'the end')
    expect(channel.opened).toBe(false)
  })
})

describe('an Outbound refuses UDP immediately', () => {
  test.each([
    [['http://127.0.0.1:9'], 'forbidden: UDP does not go through a proxy of http, only through one of SOCKS5'],
    [['https://127.0.0.1:9'], 'forbidden: UDP does not go through a proxy of https, only through one of SOCKS5'],
    [['socks4a://127.0.0.1:9'], 'forbidden: UDP does not go through a proxy of socks4a, only through one of SOCKS5'],
    [[dead, dead], 'forbidden: UDP does not go through a chain of proxies, only through a single one of SOCKS5'],
  ])('through %j', async (upstreamProxies, error) => {
    expect(await associate({ upstreamProxies }).answer()).toMatchObject({ kind: 'refused', error })
  })
})

describe('an Outbound routes datagrams', () => {
  test('each to its own exit', async () => {
    const proxy = await FakeSocksProxy.start()
    const port = await udpEcho()
    const routes = ['*.test=reject', '127.0.0.0/8=direct', `192.0.2.0/24=${proxy.url}`]
    const channel = associate({ upstreamProxies: ['http://127.0.0.1:9'], routes })
    channel.send('no', 'a.test', port).send('no', '198.51.100.1', port)
    channel.send('direct', '127.0.0.1', port).send('proxied', '192.0.2.1', 7)
    const received = await channel.next(2)
    expect(received.map(({ text }) => text).toSorted()).toEqual(['direct', 're: proxied'])
  })

  test('away from a name that resolves to a rejected address', async () => {
    const port = await udpEcho()
    const channel = associate({ routes: ['[::1]=reject', `127.0.0.1:${port}=reject`] })
    const other = await udpEcho()
    channel.send('no', 'localhost', port).send('yes', '127.0.0.1', other)
    expect(await channel.next()).toMatchObject([{ text: 'yes' }])
  })
})
