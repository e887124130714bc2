import { connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { echoServer, tcpServer, type TestTcpServer } from '../servers/tcp-server.js'
import { onceEvent, until } from '../wait.js'
import { type FaultRelay, faultRelay, type LinkFault } from './fault-relay.js'

const open: { close(): Promise<void> }[] = []
afterEach(async () => {
  for (const each of open.splice(0)) await each.close()
})

async function relayTo(target: TestTcpServer): Promise<{ relay: FaultRelay; socket: Socket }> {
  const relay = await faultRelay(target)
  open.push(target, relay)
  const socket = connect(relay.port, relay.host)
  socket.on('error', () => {})
  await onceEvent(socket, 'connect')
  return { relay, socket }
}

test('faultRelay passes bytes both ways', async () => {
  const { socket } = await relayTo(await echoServer())
  socket.end('hello')
  expect(String(await onceEvent(socket, 'data'))).toBe('hello')
})

test.each<[LinkFault, unknown]>([
  ['reset', expect.objectContaining({ code: 'ECONNRESET' })],
  ['end', null],
])('strike %s closes both ends', async (fault, error) => {
  const target = await echoServer()
  const { relay, socket } = await relayTo(target)
  socket.resume()
  await until(() => target.sockets.size === 1, 'the link')
  relay.strike(fault)
  await onceEvent(socket, 'close')
  await until(() => target.sockets.size === 0 && relay.openLinks === 0, 'the other end')
  expect(socket.errored).toEqual(error)
})

test('strike mid-frame lets half of the next chunk through and ends', async () => {
  const { relay, socket } = await relayTo(await tcpServer((peer) => peer.on('data', () => peer.write('12345678'))))
  let received = ''
  socket.on('data', (chunk) => (received += String(chunk)))
  socket.write('a')
  await until(() => received.length === 8, 'the first answer')
  relay.strike('mid-frame', 'oldest')
  // Half of one byte is no byte, so the server never answers.
  socket.write('b')
  await onceEvent(socket, 'close')
  expect(received).toBe('12345678')
})

test('strike mid-frame passes the first half on', async () => {
  const target = await tcpServer(() => {})
  const { relay, socket } = await relayTo(target)
  await until(() => target.sockets.size === 1, 'the link')
  let received = ''
  const [peer] = target.sockets
  peer?.on('data', (chunk) => (received += String(chunk)))
  relay.strike('mid-frame')
  socket.resume().write('12345678')
  await onceEvent(socket, 'close')
  expect(received).toBe('1234')
})

test('strike blackhole leaves both ends open and passes nothing', async () => {
  const target = await echoServer()
  const { relay, socket } = await relayTo(target)
  await until(() => target.sockets.size === 1, 'the link')
  relay.strike('blackhole')
  socket.write('lost')
  socket.destroy()
  await onceEvent(socket, 'close')
  expect({ sockets: target.sockets.size, healthyLinks: relay.healthyLinks, openLinks: relay.openLinks }).toEqual({
    sockets: 1,
    healthyLinks: 0,
    openLinks: 1,
  })
})

test.runIf(process.platform === 'linux')('strike roam gives the next link another address', async () => {
  const target = await echoServer()
  const { relay, socket } = await relayTo(target)
  relay.strike('roam')
  socket.destroy()
  const again = connect(relay.port, relay.host)
  await until(() => target.sockets.size === 2, 'the second link')
  again.destroy()
  expect(new Set([...target.sockets].map((each) => each.remoteAddress)).size).toBe(2)
})

test('conditions delay each chunk', async () => {
  const { relay, socket } = await relayTo(await echoServer())
  relay.conditions = { delayMs: 20 }
  const startMs = performance.now()
  socket.write('x')
  await onceEvent(socket, 'data')
  // Timers may be a millisecond early.
  expect(performance.now() - startMs).toBeGreaterThan(38)
})

test('conditions limit the rate and keep the order', async () => {
  const { relay, socket } = await relayTo(await echoServer())
  relay.conditions = { bytesPerSecond: 1_000_000 }
  const sent = Buffer.from(Uint8Array.from({ length: 50_000 }, (_, index) => index % 251))
  const chunks: Buffer[] = []
  const startMs = performance.now()
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.end(sent)
  await onceEvent(socket, 'close')
  expect(performance.now() - startMs).toBeGreaterThan(45)
  expect(Buffer.concat(chunks).equals(sent)).toBe(true)
})
