import { createHash } from 'node:crypto'
import { connect as connectSocket } from 'node:net'
import { seededBytes, seededDigest, turns, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { plainDuplex } from '../../testing/plain-duplex.js'
import { useProxyFixture } from '../../testing/proxy-fixture.js'
import { dialDirect } from '../dial-direct.js'
import type { ConnectRequest } from './connect-request.js'

const fixture = useProxyFixture()

const established = 'HTTP/1.1 200 Connection established\r\n\r\n'

describe('CONNECT', () => {
  test('opens a tunnel, with what the client sent behind its request', async () => {
    const echo = await fixture.tcp((socket) => socket.pipe(socket))
    const client = fixture.client(await fixture.proxy())
    client.send(`CONNECT ${echo} HTTP/1.1`, `Host: ${echo}`, '', 'early')
    expect(await client.read('early')).toBe(`${established}early`)
  })

  test('works one byte at a time and without Host', async () => {
    const echo = await fixture.tcp((socket) => socket.pipe(socket))
    const client = fixture.client(await fixture.proxy())
    for (const byte of `CONNECT ${echo} HTTP/1.0\r\n\r\nhi`) {
      client.send(byte)
      await turns(1)
    }
    expect(await client.read('hi')).toBe(`${established}hi`)
  })

  test('keeps the reply open when the client ends its side, and the other way round', async () => {
    const target = await fixture.tcp((socket) => {
      let got = ''
      socket.on('data', (chunk: Buffer) => (got += chunk.toString()))
      socket.on('end', () => socket.end(`got ${got}`))
    })
    const client = fixture.client(await fixture.proxy())
    client.send(`CONNECT ${target} HTTP/1.1`, 'Host: x', '', 'all').socket.end()
    expect(await client.readAll()).toBe(`${established}got all`)
  })

  test('lets the client go on when the target ends its side', async () => {
    let got = ''
    const target = await fixture.tcp((socket) => {
      socket.end('bye')
      socket.on('data', (chunk: Buffer) => (got += chunk.toString()))
    })
    const client = fixture.client(await fixture.proxy())
    client.send(`CONNECT ${target} HTTP/1.1`, 'Host: x', '', '')
    await client.readAll()
    client.send('still here').socket.end()
    await expect(until(() => got === 'still here', 'the bytes after the end')).resolves.toBeUndefined()
  })

  test('is not cut by halfClosedIdleMs once the tunnel stands', async () => {
    const target = await fixture.tcp((socket) => {
      socket.on('end', () => setTimeout(() => socket.end('late'), 80))
      socket.resume()
    })
    const client = fixture.client(await fixture.proxy({ halfClosedIdleMs: 20 }))
    client.send(`CONNECT ${target} HTTP/1.1`, 'Host: x', '', '')
    // An end before that has the limit, and a dial may take longer than it on a busy machine.
    await client.read(established)
    client.socket.end()
    expect(await client.readAll()).toBe('late')
  })

  test.each([
    ['a socket', dialDirect],
    [
      'a stream that is no socket',
      async (...args: Parameters<typeof dialDirect>) => plainDuplex(await dialDirect(...args)),
    ],
  ])('carries many bytes both ways over %s', async (_kind, dial) => {
    const size = 16 * 1024 * 1024
    const echo = await fixture.tcp((socket) => socket.pipe(socket))
    const port = await fixture.proxy({}, dial)
    const socket = connectSocket({ port, host: '127.0.0.1', allowHalfOpen: true })
    fixture.defer(() => void socket.destroy())
    const hash = createHash('sha256')
    let skip = established.length
    const done = new Promise<string>((resolve) => {
      socket.on('end', () => resolve(hash.digest('hex')))
    })
    socket.on('data', (chunk: Buffer) => {
      hash.update(chunk.subarray(Math.min(skip, chunk.length)))
      skip -= Math.min(skip, chunk.length)
    })
    socket.write(`CONNECT ${echo} HTTP/1.1\r\nHost: x\r\n\r\n`)
    socket.end(seededBytes(2).take(size))
    expect(await done).toBe(seededDigest(2, size))
  })

  test('cuts the client when the target is cut, and the target when the client is', async () => {
    let cut: () => void = () => {}
    const ended = new Promise<void>((resolve) => (cut = resolve))
    const target = await fixture.tcp((socket) => {
      socket.on('close', () => cut())
      socket.on('data', (chunk: Buffer) => void (chunk.toString() === 'die' && socket.resetAndDestroy()))
    })
    const port = await fixture.proxy()
    const client = fixture.client(port).send(`CONNECT ${target} HTTP/1.1`, 'Host: x', '', '')
    await client.read(established)
    client.send('die')
    await expect(client.readAll()).resolves.toBe('')
    const other = fixture.client(port).send(`CONNECT ${target} HTTP/1.1`, 'Host: x', '', '')
    await other.read(established)
    other.socket.resetAndDestroy()
    await expect(ended).resolves.toBeUndefined()
  })

  test('aborts the dial when the client leaves', async () => {
    let aborted: () => void = () => {}
    const gone = new Promise<void>((resolve) => (aborted = resolve))
    let dialling: () => void = () => {}
    const started = new Promise<void>((resolve) => (dialling = resolve))
    const port = await fixture.proxy({}, (_target, { signal }) => {
      signal.addEventListener('abort', () => aborted())
      dialling()
      return new Promise(() => {})
    })
    const client = fixture.client(port).send('CONNECT a.example:443 HTTP/1.1', 'Host: x', '', '')
    await started
    client.socket.resetAndDestroy()
    await expect(gone).resolves.toBeUndefined()
  })

  test.each([
    ['/', 400],
    ['a.example', 400],
    ['a.example:0', 400],
    ['a.example:70000', 400],
    ['http://a.example:80/', 400],
    ['user@a.example:80', 400],
    ['[::1', 400],
    ['127.1:80', 400],
  ])('to %s is refused with %i', async (target, status) => {
    const client = fixture.client(await fixture.proxy())
    client.send(`CONNECT ${target} HTTP/1.1`, 'Host: x', '', '')
    expect(await client.readAll()).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  })

  test('with a body is refused', async () => {
    const client = fixture.client(await fixture.proxy())
    client.send('CONNECT a.example:80 HTTP/1.1', 'Host: x', 'Content-Length: 4', '', 'body')
    expect(await client.readAll()).toMatch(/^HTTP\/1.1 400 [\s\S]*must not have a body\n$/)
  })

  test('to a target that refuses is answered with 502, its reason and a Proxy-Status', async () => {
    const client = fixture.client(await fixture.proxy())
    client.send('CONNECT 127.0.0.1:1 HTTP/1.1', 'Host: x', '', '')
    const answer = await client.readAll()
    expect(answer).toMatch(/^HTTP\/1.1 502 [\s\S]*\r\n\r\nrefused: connect ECONNREFUSED 127.0.0.1:1\n$/)
    expect(answer).toMatch('Proxy-Status: proxy; error=connection_refused; details="refused"')
  })

  test('that the dial never answers gets 504 after dialTimeoutMs', async () => {
    const client = fixture.client(await fixture.proxy({ dialTimeoutMs: 20 }, () => new Promise(() => {})))
    client.send('CONNECT a.example:80 HTTP/1.1', 'Host: x', '', '')
    expect(await client.readAll()).toMatch(/^HTTP\/1.1 504 [\s\S]*timeout: no answer from the target within 20 ms\n$/)
  })

  test('is answered once, whatever a throwing dial does', async () => {
    const port = await fixture.proxy({}, () => {
      throw new Error('broken dial')
    })
    const client = fixture.client(port).send('CONNECT a.example:80 HTTP/1.1', 'Host: x', '', '')
    expect(await client.readAll()).toMatch(/^HTTP\/1.1 502 [\s\S]*failed: broken dial\n$/)
  })

  test('without a byte for tunnelIdleMs is closed', async () => {
    const target = await fixture.tcp(() => {})
    const client = fixture.client(await fixture.proxy({ tunnelIdleMs: 30 }))
    client.send(`CONNECT ${target} HTTP/1.1`, 'Host: x', '', '')
    expect(await client.readAll()).toBe(established)
  })
})

describe('onConnect', () => {
  const serve = (onConnect: (request: ConnectRequest) => void) =>
    fixture.proxy({ onConnect }, () => Promise.reject(new Error('dial is not for tunnels here')))

  test('gets the client with nothing lost, before any target is reached', async () => {
    const port = await serve((request) => {
      const client = request.accept()
      client.write(`${request.target.host} ${request.target.port} `)
      client.pipe(client)
    })
    const raw = fixture.client(port).send('CONNECT [::1]:5 HTTP/1.1', 'Host: x', '', 'early')
    raw.socket.end()
    expect(await raw.readAll()).toBe(`${established}::1 5 early`)
  })

  test('may refuse', async () => {
    const port = await serve((request) => request.reject(Object.assign(new Error('not that'), { reply: 'forbidden' })))
    const client = fixture.client(port).send('CONNECT a.example:80 HTTP/1.1', 'Host: x', '', '')
    expect(await client.readAll()).toMatch(/^HTTP\/1.1 403 [\s\S]*forbidden: not that\n$/)
  })

  test('cannot accept a client that was answered', async () => {
    let thrown: unknown
    const port = await serve((request) => {
      request.reject(new Error('no'))
      try {
        request.accept()
      } catch (error) {
        thrown = error
      }
    })
    await fixture.client(port).send('CONNECT a.example:80 HTTP/1.1', 'Host: x', '', '').readAll()
    expect(thrown).toMatchObject({ code: 'ERR_HTTP_PROXY_CLOSED' })
  })

  test('that throws becomes 502', async () => {
    const port = await serve(() => {
      throw new Error('oops')
    })
    const client = fixture.client(port).send('CONNECT a.example:80 HTTP/1.1', 'Host: x', '', '')
    expect(await client.readAll()).toMatch(/^HTTP\/1.1 502 [\s\S]*failed: oops\n$/)
  })
})
