import { once } from 'node:events'
import { connect as dialTcp, type Socket } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { socketEnd, until } from '@ls/testkit'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { SocksError } from '../errors.js'
import { connect } from './connect.js'
import { createServer, type RequestHandler, type SocksServer, type SocksServerOptions } from './create-server.js'

const target = { host: 'example.com', port: 443 }
const local = { host: '127.0.0.1', port: 0 }
const greeting = Uint8Array.of(5, 1, 0)
const request = Uint8Array.of(5, 1, 0, 3, 1, 0x61, 0, 80)
const servers: SocksServer[] = []

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

/** A server on a free port; `errors` yields the arguments of `onError`, in order. */
async function start(options: SocksServerOptions, onRequest: RequestHandler) {
  const errors = queue<SocksError>()
  const server = createServer({ onError: (error) => errors.push(error as SocksError), ...options }, onRequest)
  servers.push(server)
  const { port } = await server.listen(local)
  return { server, port, proxy: { host: '127.0.0.1', port }, nextError: () => errors.shift() }
}

function dial(port: number): Socket {
  return dialTcp({ host: '127.0.0.1', port, allowHalfOpen: true }).on('error', () => {})
}

const echo: RequestHandler = (_, answer) => {
  const client = answer.accept()
  client.pipe(client)
}

describe('createServer', () => {
  test('hands each request to its handler, which accepts it', async () => {
    const { proxy } = await start({}, (request, answer) => {
      answer.accept().end(`${request.destination.host} ${answer.peer}`)
    })
    const socket = await connect({ proxy, target })
    socket.end()
    expect(String(await buffer(socket))).toBe('example.com 127.0.0.1')
  })

  test('carries a half-close: the reply comes after the end of the request', async () => {
    const { proxy } = await start({}, (_, answer) => {
      const client = answer.accept()
      let bytes = 0
      client
        .on('data', (chunk: Buffer) => (bytes += chunk.length))
        .on('end', () => setImmediate(() => client.end(`got ${bytes}`)))
      client.resume()
    })
    const socket = await connect({ proxy, target })
    socket.end('x'.repeat(100_000))
    expect(String(await buffer(socket))).toBe('got 100000')
  })

  test('loses no byte of a client that sends all of it in one write', async () => {
    const { port } = await start({}, echo)
    const payload = Buffer.alloc(300_000, 'abcdefg')
    const socket = dial(port)
    socket.end(Buffer.concat([greeting, request, payload]))
    const received = await buffer(socket)
    expect(received.subarray(2 + 10).equals(payload)).toBe(true)
  })

  test('gives the client the reason of its handler', async () => {
    const { proxy } = await start({}, (_, answer) => answer.reject('network-unreachable'))
    const error = { code: 'ERR_SOCKS_REFUSED_BY_PROXY', reply: 'network-unreachable' }
    await expect(connect({ proxy, target })).rejects.toThrow(expect.objectContaining(error))
  })

  test('takes the error of a dial as a reason, and sends the reply that fits', async () => {
    const { proxy } = await start({}, (_, answer) => answer.reject(Object.assign(new Error(), { code: 'ENOTFOUND' })))
    await expect(connect({ proxy, target })).rejects.toThrow(expect.objectContaining({ reply: 'host-unreachable' }))
  })

  test('answers `failed` and reports when its handler throws', async () => {
    const { proxy, nextError } = await start({}, () => {
      throw new Error('bug')
    })
    await expect(connect({ proxy, target })).rejects.toThrow(expect.objectContaining({ reply: 'failed' }))
    expect((await nextError()).message).toBe('bug')
  })

  test('lets the first answer count', async () => {
    const { proxy } = await start({}, (_, answer) => {
      answer.reject('forbidden')
      answer.accept()
      answer.reject('refused')
    })
    await expect(connect({ proxy, target })).rejects.toThrow(expect.objectContaining({ reply: 'forbidden' }))
  })

  test('answers `timeout` and aborts when its handler takes too long', async () => {
    const aborted = queue<SocksError>()
    const { proxy } = await start({ answerTimeoutMs: 20 }, (_, answer) => {
      answer.signal.addEventListener('abort', () => aborted.push(answer.signal.reason as SocksError))
    })
    await expect(connect({ proxy, target })).rejects.toThrow(expect.objectContaining({ reply: 'timeout' }))
    expect((await aborted.shift()).code).toBe('ERR_SOCKS_TIMEOUT')
  })

  test('aborts when the client goes before the answer', async () => {
    const aborted = queue<SocksError>()
    const { port } = await start({}, (_, answer) => {
      answer.signal.addEventListener('abort', () => aborted.push(answer.signal.reason as SocksError))
      client.resetAndDestroy()
    })
    const client = dial(port)
    client.write(Buffer.concat([greeting, request]))
    expect((await aborted.shift()).code).toBe('ERR_SOCKS_CLOSED')
  })

  test.each<[string, string, (socket: Socket) => void]>([
    ['hangs up at once', 'ERR_SOCKS_CLOSED', (socket) => socket.destroy()],
    ['ends its side halfway', 'ERR_SOCKS_CLOSED', (socket) => socket.end(greeting)],
    ['resets', 'ERR_SOCKS_CLOSED', (socket) => socket.resetAndDestroy()],
    ['sends garbage', 'ERR_SOCKS_VERSION', (socket) => socket.write('GET / HTTP/1.1\r\n\r\n')],
    ['sends garbage for ever', 'ERR_SOCKS_VERSION', (socket) => socket.write(Buffer.alloc(1 << 20, 'x'))],
  ])('closes a client that %s, and reports %s', async (_, code, act) => {
    const { port, nextError } = await start({}, echo)
    const socket = dial(port)
    const closed = closing(socket)
    socket.once('connect', () => act(socket))
    expect((await nextError()).code).toBe(code)
    await closed
  })

  test.each<[string, Uint8Array]>([
    ['is silent', new Uint8Array(0)],
    ['stops halfway', Uint8Array.of(5, 3, 0)],
  ])('closes a client that %s for longer than handshakeTimeoutMs', async (_, bytes) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const { port, nextError } = await start({ handshakeTimeoutMs: 60_000 }, echo)
    const socket = dial(port)
    const closed = closing(socket)
    socket.write(bytes)
    await until(() => vi.getTimerCount() > 0, 'the server to begin the handshake')
    vi.advanceTimersByTime(60_000)
    expect((await nextError()).code).toBe('ERR_SOCKS_TIMEOUT')
    await closed
  })

  test('cuts clients beyond its limit of handshakes, and serves again when one has ended', async () => {
    const { port, proxy, nextError } = await start({ maxHandshakes: 1 }, echo)
    const first = dial(port)
    first.write(greeting)
    await once(first, 'data')
    const second = dial(port)
    expect((await nextError()).code).toBe('ERR_SOCKS_OVERLOADED')
    second.destroy()
    first.write(request)
    await once(first, 'data')
    const third = await connect({ proxy, target })
    third.end('hello')
    expect(String(await buffer(third))).toBe('hello')
  })

  test('rejects to listen on a port in use', async () => {
    const { port } = await start({}, echo)
    await expect(createServer({}, echo).listen({ ...local, port })).rejects.toMatchObject({
      name: 'ListenError',
      code: 'EADDRINUSE',
    })
  })

  test('close ends tunnels and handshakes', async () => {
    const { server, port, proxy } = await start({}, echo)
    const tunnel = await connect({ proxy, target })
    const handshake = dial(port)
    handshake.write(greeting)
    await once(handshake, 'data')
    const ends = [tunnel, handshake].map((socket) => socketEnd(socket))
    await server.close()
    expect(await Promise.all(ends)).toEqual(['ECONNRESET', 'ECONNRESET'])
    await expect(connect({ proxy, target })).rejects.toThrow(expect.objectContaining({ code: 'ERR_SOCKS_UNREACHABLE' }))
  })

  test('close does nothing for a server that does not listen', async () => {
    await expect(createServer({}, echo).close()).resolves.toBeUndefined()
  })

  test.each([{ maxHandshakes: 0 }, { maxHandshakes: Number.NaN }, { handshakeTimeoutMs: 0 }, { answerTimeoutMs: -1 }])(
    'throws a RangeError for %j',
    (options) => {
      expect(() => createServer(options, echo)).toThrow(RangeError)
    },
  )
})

/** Resolves when the connection has closed; ends it when the server does. */
function closing(socket: Socket): Promise<unknown> {
  socket.resume().once('end', () => socket.end())
  // Without a time limit, since tests may advance the clock.
  return new Promise((resolve) => socket.once('close', resolve))
}

/** Passes values in order to their waiting readers. */
function queue<T>() {
  const values: T[] = []
  const waiting: ((value: T) => void)[] = []
  return {
    push(value: T): void {
      const next = waiting.shift()
      if (next === undefined) values.push(value)
      else next(value)
    },
    shift(): Promise<T> {
      const value = values.shift()
      return value === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(value)
    },
  }
}
