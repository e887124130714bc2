import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { FakeClock, until } from '@ls/testkit'
import { afterEach, expect, test } from 'vitest'
import { dial } from './dial.js'
import type { NameResolver } from './resolve/name-resolver.js'

const servers: Server[] = []

afterEach(() => {
  for (const server of servers.splice(0)) server.close()
})

async function listen(host: string, port = 0): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => socket.on('error', () => {}).end('hello'))
  servers.push(server)
  await once(server.listen(port, host), 'listening')
  return (server.address() as { port: number }).port
}

/** A resolver that has one name with these addresses. */
function names(ipv6: readonly string[], ipv4: readonly string[]): NameResolver {
  return {
    lookup: (_name, onAnswer) => {
      onAnswer(6, { addresses: ipv6 })
      onAnswer(4, { addresses: ipv4 })
      return () => {}
    },
  }
}

const silent: NameResolver = { lookup: () => () => {} }
const host = 'name.test'

test('dial reaches an address and keeps the socket half-open', async () => {
  const socket = await dial({ host: '127.0.0.1', port: await listen('127.0.0.1') })
  expect(socket.allowHalfOpen).toBe(true)
  socket.destroy()
})

test('dial continues with the next address when one refuses', async () => {
  const port = await listen('127.0.0.1')
  const socket = await dial({ host, port }, { resolver: names(['::1'], ['127.0.0.1']) })
  expect(socket.remoteAddress).toBe('127.0.0.1')
  socket.destroy()
})

test('dial fails with the error of the socket', async () => {
  await expect(dial({ host: '127.0.0.1', port: 1 })).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('dial tries no address that the check refuses', async () => {
  const port = await listen('127.0.0.1')
  const check = (address: string, checked: number): Error | undefined =>
    address === '127.0.0.2' && checked === port ? new Error('forbidden') : undefined
  const socket = await dial({ host, port }, { check, resolver: names([], ['127.0.0.2', '127.0.0.1']) })
  expect(socket.remoteAddress).toBe('127.0.0.1')
  socket.destroy()
})

test('dial asks the check about an address that needs no resolver', async () => {
  const check = (): Error => new Error('forbidden')
  await expect(dial({ host: '127.0.0.1', port: 1 }, { check })).rejects.toThrow('forbidden')
})

test('dial gives up after its timeout', async () => {
  const clock = new FakeClock()
  const dialled = dial({ host, port: 80 }, { resolver: silent, clock, timeoutMs: 300 })
  clock.advance(300)
  await expect(dialled).rejects.toMatchObject({
    code: 'ETIMEDOUT',
    message: 'name.test did not answer on port 80 within 300 ms',
  })
})

test('dial gives up with the reason of its signal, and ends the lookup', async () => {
  let ended = 0
  const resolver: NameResolver = { lookup: () => () => void ended++ }
  const controller = new AbortController()
  const dialled = dial({ host, port: 80 }, { resolver, signal: controller.signal })
  controller.abort(new Error('gone'))
  await expect(dialled).rejects.toThrow('gone')
  expect(ended).toBe(1)
})

test('dial pauses the socket before it has read, where that is wanted', async () => {
  const socket = await dial({ host: '127.0.0.1', port: await listen('127.0.0.1') }, { pause: true })
  const chunks: string[] = []
  socket.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk))
  expect(socket.bytesRead).toBe(0)
  socket.resume()
  await until(() => chunks.join('') === 'hello', 'the bytes')
  socket.destroy()
})
