import { once } from 'node:events'
import { type Duplex, duplexPair } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { parseDestination } from '../destination.js'
import { defaultHandshakeTimeoutMs, lingerMs } from '../limits.js'
import { performServerHandshake } from './perform-server-handshake.js'

const greeting = [5, 1, 0]
const request = [5, 1, 0, 3, 1, 0x61, 0, 80]
const target = { host: 'a', port: 80, type: 'domain' }
const success = [5, 0, 0, 1, 0, 0, 0, 0, 0, 0]
const failure = (code: string) => expect.objectContaining({ name: 'SocksError', code }) as Error

let client: Duplex
let server: Duplex

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  ;[client, server] = duplexPair()
})

afterEach(() => {
  client.destroy()
  server.destroy()
  vi.useRealTimers()
})

describe('performServerHandshake', () => {
  test('gives the request, and the socket from its first payload byte on', async () => {
    client.write(Uint8Array.from([...greeting, ...request, 1, 2, 3]))
    const accepted = await performServerHandshake(server)
    client.end(Uint8Array.of(4))
    expect(accepted.request.destination).toEqual(target)
    expect([...(await buffer(accepted.socket))]).toEqual([1, 2, 3, 4])
  })

  test('leaves the socket paused, and so loses nothing that comes before it is read', async () => {
    client.write(Uint8Array.from([...greeting, ...request, 1]))
    const { socket } = await performServerHandshake(server)
    client.end(Uint8Array.of(2))
    await new Promise((resolve) => setImmediate(resolve))
    expect(socket.isPaused()).toBe(true)
    expect([...(await buffer(socket))]).toEqual([1, 2])
  })

  test('works byte by byte', async () => {
    for (const byte of [...greeting, ...request, 1, 2]) client.write(Uint8Array.of(byte))
    const { socket } = await performServerHandshake(server)
    client.end()
    expect([...(await buffer(socket))]).toEqual([1, 2])
  })

  test('takes bytes that were read before', async () => {
    client.write(Uint8Array.from([...greeting.slice(1), ...request, 1]))
    const { socket } = await performServerHandshake(server, { initialBytes: Uint8Array.of(5) })
    client.end()
    expect([...(await buffer(socket))]).toEqual([1])
  })

  test('takes a handshake and a payload that were read before', async () => {
    client.write(Uint8Array.of(2))
    const initialBytes = Uint8Array.from([...greeting, ...request, 1])
    const { socket } = await performServerHandshake(server, { initialBytes })
    client.end()
    expect([...(await buffer(socket))]).toEqual([1, 2])
  })

  test('leaves no timer and no listener but the one that ignores errors', async () => {
    client.write(Uint8Array.from([...greeting, ...request]))
    const before = server.eventNames().flatMap((name) => server.listeners(name)).length
    await performServerHandshake(server)
    expect(vi.getTimerCount()).toBe(0)
    expect(server.eventNames().flatMap((name) => server.listeners(name))).toHaveLength(before + 1)
  })

  test('survives an error of a socket without listeners', async () => {
    client.write(Uint8Array.from([...greeting, ...request]))
    const { socket } = await performServerHandshake(server)
    socket.destroy(new Error('connection reset'))
    await new Promise((resolve) => socket.once('close', resolve))
    expect(socket.errored?.message).toBe('connection reset')
  })

  test('ends a silent client at the deadline', async () => {
    client.write(Uint8Array.from(greeting))
    const promise = performServerHandshake(server)
    const error = promise.catch((error: unknown) => error)
    vi.advanceTimersByTime(defaultHandshakeTimeoutMs)
    expect(await error).toEqual(failure('ERR_SOCKS_TIMEOUT'))
    expect({ destroyed: server.destroyed, timerCount: vi.getTimerCount() }).toEqual({ destroyed: true, timerCount: 0 })
  })

  test('does not move the deadline for a client that drips bytes', async () => {
    const promise = performServerHandshake(server, { timeoutMs: 100 })
    const error = promise.catch((error: unknown) => error)
    for (let i = 0; i < 10; i++) {
      client.write(Uint8Array.of([5, 255][i] ?? 0))
      await new Promise((resolve) => setImmediate(resolve))
      vi.advanceTimersByTime(10)
    }
    expect(await error).toEqual(failure('ERR_SOCKS_TIMEOUT'))
  })

  test('rejects with the reason of its signal', async () => {
    const controller = new AbortController()
    const promise = performServerHandshake(server, { signal: controller.signal })
    const error = promise.catch((error: unknown) => error)
    controller.abort(new Error('enough'))
    expect(await error).toEqual(new Error('enough'))
    expect({ destroyed: server.destroyed, timerCount: vi.getTimerCount() }).toEqual({ destroyed: true, timerCount: 0 })
  })

  test('does not start with a signal that has aborted', async () => {
    const promise = performServerHandshake(server, { signal: AbortSignal.abort(new Error('enough')) })
    await expect(promise).rejects.toThrow('enough')
    expect(server.destroyed).toBe(true)
  })

  test('rejects when the client hangs up, and keeps neither timer nor socket', async () => {
    const promise = performServerHandshake(server)
    client.end(Uint8Array.of(5, 1))
    await expect(promise).rejects.toThrow(failure('ERR_SOCKS_CLOSED'))
    expect({ destroyed: server.destroyed, timerCount: vi.getTimerCount() }).toEqual({ destroyed: true, timerCount: 0 })
  })

  test('rejects with the cause when the socket breaks', async () => {
    const promise = performServerHandshake(server)
    const cause = new Error('connection reset')
    server.destroy(cause)
    await expect(promise).rejects.toThrow(expect.objectContaining({ code: 'ERR_SOCKS_CLOSED', cause }))
  })

  test('rejects immediately for a closed socket', async () => {
    server.destroy()
    await expect(performServerHandshake(server)).rejects.toThrow(failure('ERR_SOCKS_CLOSED'))
  })

  test('rejects for a socket whose input has ended', async () => {
    client.end()
    server.resume()
    await once(server, 'end')
    await expect(performServerHandshake(server)).rejects.toThrow(failure('ERR_SOCKS_CLOSED'))
  })

  test('cuts a client of another protocol without a word', async () => {
    client.write('GET / HTTP/1.1\r\n')
    await expect(performServerHandshake(server)).rejects.toThrow(failure('ERR_SOCKS_VERSION'))
    expect(server.destroyed).toBe(true)
  })

  test('sends the client its refusal before it closes', async () => {
    client.write(Uint8Array.of(5, 1, 2))
    await expect(performServerHandshake(server)).rejects.toThrow(failure('ERR_SOCKS_AUTH_REQUIRED'))
    client.end()
    expect([...(await buffer(client))]).toEqual([5, 0xff])
    expect({ destroyed: server.destroyed, timerCount: vi.getTimerCount() }).toEqual({ destroyed: true, timerCount: 0 })
  })

  test('does not wait for ever for a refused client to hang up', async () => {
    client.write(Uint8Array.of(5, 1, 2))
    await expect(performServerHandshake(server)).rejects.toThrow(failure('ERR_SOCKS_AUTH_REQUIRED'))
    expect(server.destroyed).toBe(false)
    vi.advanceTimersByTime(lingerMs)
    expect(server.destroyed).toBe(true)
  })

  test.each([0, -1, Number.NaN, 2 ** 31])('throws a RangeError for the deadline %d', async (timeoutMs) => {
    await expect(performServerHandshake(server, { timeoutMs })).rejects.toThrow(RangeError)
  })
})

describe('AcceptedRequest.reply', () => {
  const accept = async () => {
    client.write(Uint8Array.from([...greeting, ...request]))
    const accepted = await performServerHandshake(server)
    await once(client, 'readable')
    client.read()
    return accepted
  }

  test('answers success and leaves the socket open', async () => {
    const { reply, socket } = await accept()
    reply('succeeded')
    socket.end(Uint8Array.of(1, 2))
    expect([...(await buffer(client))]).toEqual([...success, 1, 2])
  })

  test('reports the bound address', async () => {
    const { reply, socket } = await accept()
    reply('succeeded', parseDestination('10.0.0.1', 80))
    socket.end()
    expect([...(await buffer(client))]).toEqual([5, 0, 0, 1, 10, 0, 0, 1, 0, 80])
  })

  test('answers a failure and closes', async () => {
    const { reply, socket } = await accept()
    reply('refused')
    client.end(Uint8Array.of(9, 9))
    expect([...(await buffer(client))]).toEqual([5, 5, ...success.slice(2)])
    expect({ destroyed: socket.destroyed, timerCount: vi.getTimerCount() }).toEqual({ destroyed: true, timerCount: 0 })
  })

  test('does nothing when the client has disconnected', async () => {
    const { reply, socket } = await accept()
    socket.destroy()
    expect(() => reply('succeeded')).not.toThrow()
  })

  test('throws a TypeError the second time', async () => {
    const { reply } = await accept()
    reply('succeeded')
    expect(() => reply('failed')).toThrow(TypeError)
  })
})
