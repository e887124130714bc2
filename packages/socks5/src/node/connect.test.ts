import { once } from 'node:events'
import { type AddressInfo, createServer as createTcpServer, connect as dialTcp, type Socket } from 'node:net'
import { type Duplex, duplexPair } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { SocksError } from '../errors.js'
import { connect, type ConnectOptions } from './connect.js'
import { performServerHandshake } from './perform-server-handshake.js'

const target = { host: 'example.com', port: 443 }
const proxy = { host: 'proxy.example', port: 1080 }
const failure = (code: string) => expect.objectContaining({ name: 'SocksError', code }) as Error
const closers: (() => void)[] = []

afterEach(() => {
  vi.useRealTimers()
  for (const close of closers.splice(0)) close()
})

/** A TCP server on a free port, cut with all its sockets after the test. */
async function listen(onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createTcpServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket.on('error', () => {}))
    onSocket(socket)
  })
  closers.push(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** A proxy that accepts every request, and answers with the requested target. */
async function answer(socket: Duplex): Promise<void> {
  const { request, reply, socket: tunnel } = await performServerHandshake(socket)
  reply('succeeded')
  tunnel.end(`${request.version} ${request.destination.host}`)
}

/** A proxy that connects to the requested target. */
async function passOn(socket: Duplex): Promise<void> {
  const { request, reply, socket: client } = await performServerHandshake(socket)
  const next = dialTcp(request.destination.port, request.destination.host)
  await once(next, 'connect')
  reply('succeeded')
  client.pipe(next).pipe(client)
}

describe('connect', () => {
  test.each([
    ['5', 'example.com', '5 example.com'],
    ['4a', 'example.com', '4 example.com'],
    ['4', '10.0.0.1', '4 10.0.0.1'],
    ['5', '[2001:DB8::1]', '5 2001:db8::1'],
  ] as const)('connects through a proxy of version %s to %s', async (version, host, answered) => {
    const port = await listen((socket) => void answer(socket))
    const socket = await connect({ proxy: { host: '127.0.0.1', port, version }, target: { host, port: 80 } })
    socket.end()
    expect(String(await buffer(socket))).toBe(answered)
  })

  test('connects through a stream that is there already', async () => {
    const [socket, server] = duplexPair()
    void answer(server)
    expect(String(await buffer(await connect({ proxy, target, socket })))).toBe('5 example.com')
  })

  test('connects through a chain of proxies', async () => {
    const second = await listen((socket) => void answer(socket))
    const first = await listen((socket) => void passOn(socket))
    const socket = await connect({
      proxy: { host: '127.0.0.1', port: second },
      target,
      dial: (next, { signal }) => connect({ proxy: { host: '127.0.0.1', port: first }, target: next, signal }),
    })
    socket.end()
    expect(String(await buffer(socket))).toBe('5 example.com')
  })

  test('sends user and password', async () => {
    const auth = { verify: (username: string, password: string) => username === 'ada' && password === 'secret' }
    const [socket, server] = duplexPair()
    const user = performServerHandshake(server, { auth }).then(({ request, reply }) => {
      reply('succeeded')
      return request.user
    })
    await connect({ proxy: { ...proxy, username: 'ada', password: 'secret' }, target, socket })
    expect(await user).toBe('ada')
  })

  test('rejects with the reply of a proxy that refuses', async () => {
    const [socket, server] = duplexPair()
    void performServerHandshake(server).then(({ reply }) => reply('host-unreachable'))
    const error = { code: 'ERR_SOCKS_REFUSED_BY_PROXY', reply: 'host-unreachable' }
    await expect(connect({ proxy, target, socket })).rejects.toThrow(expect.objectContaining(error))
    expect(socket.destroyed).toBe(true)
  })

  test('names a proxy that cannot be reached, and keeps the cause', async () => {
    const port = await listen(() => {})
    closers.pop()?.()
    const promise = connect({ proxy: { host: '127.0.0.1', port }, target })
    await expect(promise).rejects.toMatchObject({
      code: 'ERR_SOCKS_UNREACHABLE',
      message: `cannot reach the proxy 127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}`,
      cause: { code: 'ECONNREFUSED' },
    })
  })

  test('rejects with ERR_SOCKS_UNREACHABLE when a dial throws synchronously', async () => {
    const dial = () => {
      throw new Error('no route')
    }
    await expect(connect({ proxy, target, dial })).rejects.toThrow(failure('ERR_SOCKS_UNREACHABLE'))
  })

  test('gives up on a proxy that stays silent', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const [socket] = duplexPair()
    const error = connect({ proxy, target, socket, timeoutMs: 50 }).catch((error: unknown) => error)
    await new Promise((resolve) => setImmediate(resolve))
    vi.advanceTimersByTime(50)
    expect(await error).toEqual(failure('ERR_SOCKS_TIMEOUT'))
    expect({ destroyed: socket.destroyed, timerCount: vi.getTimerCount() }).toEqual({ destroyed: true, timerCount: 0 })
  })

  test('gives up on a dial that ignores its signal, and destroys the socket that comes late', async () => {
    const [late] = duplexPair()
    const controller = new AbortController()
    const { promise, resolve } = promiseWithResolver<Duplex>()
    const connecting = connect({ proxy, target, dial: () => promise, signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(connecting).rejects.toThrow('enough')
    resolve(late)
    await once(late, 'close')
    expect(late.destroyed).toBe(true)
  })

  test('does not connect when its signal has aborted already', async () => {
    const [socket] = duplexPair()
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(connect({ proxy, target, socket, signal })).rejects.toThrow('enough')
    expect(socket.destroyed).toBe(true)
  })

  test('does not dial when its signal has aborted already', async () => {
    const dial = vi.fn<() => Promise<Duplex>>()
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(connect<Duplex>({ proxy, target, dial, signal })).rejects.toThrow('enough')
    expect(dial).not.toHaveBeenCalled()
  })

  test('gives a socket that can be written after the other side has ended', async () => {
    const received = promiseWithResolver<Buffer>()
    const port = await listen((socket) => {
      void answer(socket).then(async () => received.resolve(await buffer(socket)))
    })
    const socket = await connect({ proxy: { host: '127.0.0.1', port }, target })
    await once(socket.resume(), 'end')
    await new Promise((resolve) => setImmediate(resolve))
    socket.end('still here')
    expect(String(await received.promise)).toBe('still here')
  })

  test('leaves no socket at the proxy when it is aborted', async () => {
    const controller = new AbortController()
    const { promise: closed, resolve } = promiseWithResolver<Socket>()
    const port = await listen((socket) => {
      socket.once('close', () => resolve(socket))
      socket.resume().once('end', () => socket.end())
      controller.abort(new Error('enough'))
    })
    const connecting = connect({ proxy: { host: '127.0.0.1', port }, target, signal: controller.signal })
    await expect(connecting).rejects.toThrow('enough')
    await closed
  })

  test('takes no notice of its signal once connected', async () => {
    const [socket, server] = duplexPair()
    void answer(server)
    const controller = new AbortController()
    const connected = await connect({ proxy, target, socket, signal: controller.signal })
    controller.abort()
    expect(connected.destroyed).toBe(false)
  })

  test.each<[string, Partial<ConnectOptions<Duplex>>, typeof TypeError | typeof RangeError | typeof SocksError]>([
    ['both socket and dial', { socket: duplexPair()[0], dial: () => Promise.reject(new Error()) }, TypeError],
    ['a timeout of 0', { timeoutMs: 0 }, RangeError],
    ['a bad target', { target: { host: 'a b', port: 80 } }, SocksError],
    ['a name with version 4', { proxy: { ...proxy, version: '4' } }, SocksError],
  ])('rejects %s without dialing', async (_, options, expected) => {
    const dial = vi.fn<() => Promise<Duplex>>()
    await expect(connect<Duplex>({ proxy, target, dial, ...options })).rejects.toThrow(expected)
    expect(dial).not.toHaveBeenCalled()
  })
})

function promiseWithResolver<T>() {
  let resolve!: (value: T) => void
  const promise = new Promise<T>((done) => {
    resolve = done
  })
  return { promise, resolve }
}
