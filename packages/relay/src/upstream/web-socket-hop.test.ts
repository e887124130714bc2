import { once } from 'node:events'
import { connect } from 'node:net'
import { type Duplex, duplexPair } from 'node:stream'
import { performServerHandshake } from '@ls/socks5/node'
import { echoServer, onceEvent } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { closing } from '../../testing/cleanup.js'
import { targetOf } from '../../testing/target-of.js'
import { parseRoutes } from '../rules/routes.js'
import { udpFaultOf } from '../udp/udp-upstream.js'
import { diallerThrough } from './chain.js'
import { parseUpstream } from './upstream.js'
import type { DialWebSocket } from './web-socket-hop.js'

describe('parseUpstream of a proxy inside a WebSocket', () => {
  test.each([
    ['ws+socks5://h', 'socks5', 'ws://h/', 80],
    ['wss+socks5h://h/a/b', 'socks5h', 'wss://h/a/b', 443],
    ['ws+socks4a://id@h:81/', 'socks4a', 'ws://h:81/', 81],
    ['wss+http://u:p@[::1]:8443/x?y=%20z', 'http', 'wss://[::1]:8443/x?y=%20z', 8443],
  ])('reads %s', (text, protocol, href, port) => {
    const upstream = parseUpstream(text)
    expect(upstream).toMatchObject({ protocol, port })
    expect({ href: upstream.webSocket?.url.href, earlyDataBytes: upstream.webSocket?.earlyDataBytes }).toEqual({
      href,
      earlyDataBytes: 0,
    })
  })

  test('keeps ed, host and sni for itself', () => {
    const { webSocket } = parseUpstream('wss+socks5://10.0.0.1/path?ed=2048&a=1&host=cdn.test&sni=front.test')
    expect({ ...webSocket, url: webSocket?.url.href }).toEqual({
      url: 'wss://10.0.0.1/path?a=1',
      earlyDataBytes: 2048,
      hostHeader: 'cdn.test',
      serverName: 'front.test',
    })
  })

  test.each([
    ['ws+https://h', 'not "ws+https"'],
    ['ws+ws://h', 'not "ws+ws"'],
    ['ws://h', 'not "ws"'],
    ['ftp+socks5://h', 'not "ftp+socks5"'],
    ['ws+socks5://h:0', 'has port 0'],
    ['ws+socks5://h/#a', 'has "#a" behind its port'],
    ['ws+socks5://h/?ed=4097', 'the upstream proxy ws+socks5://h has ed=4097; early data is 0 to 4096 bytes'],
    ['ws+socks5://h/?ed=-1', 'early data is 0 to 4096 bytes'],
    ['ws+socks5://h/?sni=a', 'has sni=, but ws:// is without TLS'],
    ['wss+socks5://h/?host=a%0d%0ab', 'has host=, but its value is no host name'],
    ['wss+socks5://h%7c/', 'has a host that a WebSocket cannot have'],
  ])('refuses %s', (text, message) => {
    expect(() => parseUpstream(text)).toThrow(expect.objectContaining({ name: 'RangeError' }))
    expect(() => parseUpstream(text)).toThrow(message)
  })

  test('shows no password where it refuses', () => {
    expect(() => parseUpstream('wss+socks5://ada:hunter2@h/?ed=x')).toThrow(
      expect.not.stringContaining('hunter2') as Error,
    )
  })

  test('goes into routes, in chains too', () => {
    const exit = parseRoutes(['a.test=ws+socks5://h/x,wss+http://i/y']).exitFor(targetOf('a.test'))
    const upstreams = exit.kind === 'upstreams' ? exit.upstreams : []
    expect(upstreams.map(({ webSocket }) => webSocket?.url.href)).toEqual(['ws://h/x', 'wss://i/y'])
  })

  test('carries no datagrams', () => {
    const exit = { kind: 'upstreams' as const, upstreams: [parseUpstream('ws+socks5://h')] }
    expect(udpFaultOf(exit)).toBe('UDP does not go through a WebSocket, only through a proxy of SOCKS5 itself')
  })
})

/** A proxy for both protocols at the other end of a "WebSocket", which reaches the requested target. */
function fakeWebSocket() {
  const asked: Parameters<DialWebSocket>[0][] = []
  const dialWebSocket: DialWebSocket = async (options) => {
    asked.push(options)
    const [near, far] = duplexPair()
    void serve(far)
    return near
  }
  return { asked, dialWebSocket }
}

async function serve(stream: Duplex): Promise<void> {
  const { request, reply, socket } = await performServerHandshake(stream)
  const { host, port } = request.destination
  const target = connect({ host, port })
  await once(target, 'connect')
  reply('succeeded')
  socket.pipe(target).pipe(socket)
}

describe('diallerThrough a proxy inside a WebSocket', () => {
  test('speaks SOCKS in it', async () => {
    const target = closing(await echoServer())
    const { asked, dialWebSocket } = fakeWebSocket()
    const url = 'wss+socks5://proxy.test/path?ed=2048&host=cdn.test&sni=front.test'
    const reach = diallerThrough([parseUpstream(url)], { dialWebSocket, tls: { ca: 'mine' } })
    const stream = await reach({ host: '127.0.0.1', port: target.port }, {})
    stream.resume().write('ping')
    expect(String((await onceEvent(stream, 'data'))[0])).toBe('ping')
    stream.destroy()
    expect(asked).toMatchObject([
      { earlyDataBytes: 2048, headers: { Host: 'cdn.test' }, tls: { ca: 'mine', servername: 'front.test' } },
    ])
  })

  test('opens the connection below it through the proxy before', async () => {
    const reached: string[] = []
    const dialWebSocket: DialWebSocket = async ({ url, dial, signal }) => {
      reached.push(url.pathname)
      return dial({ host: url.hostname, port: Number(url.port) }, { signal })
    }
    const proxies = ['ws+socks5://127.0.0.1:9/first', 'ws+socks5://127.0.0.1:9/second'].map(parseUpstream)
    const reach = diallerThrough(proxies, { dialWebSocket })
    await expect(reach({ host: 'target.test', port: 80 }, {})).rejects.toThrow(/ECONNREFUSED/)
    expect(reached).toEqual(['/second', '/first'])
  })

  test('fails with what kept the WebSocket from opening', async () => {
    const dialWebSocket: DialWebSocket = () => Promise.reject(new Error('ws://proxy.test answered 404'))
    const reach = diallerThrough([parseUpstream('ws+http://proxy.test')], { dialWebSocket })
    await expect(reach({ host: 'target.test', port: 80 }, {})).rejects.toThrow(/ws:\/\/proxy\.test answered 404/)
  })

  test('refuses to be made without a way to open it', () => {
    expect(() => diallerThrough([parseUpstream('ws+http://proxy.test')])).toThrow(TypeError)
  })
})
