import type { Socket } from 'node:net'
import { MemoryBudget, PendingConnections } from '@ls/mux'
import { testAuthority, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { openLink, rawConnection, startListener, untilEnd, upgradeHead } from '../../testing/listening.js'
import { wsFrame, wsHeader } from '../../testing/ws-frame.js'
import type { WebSocketTransport } from '../websocket/websocket-transport.js'
import type { ListenOptions } from './listen-options.js'
import { listen } from './listen.js'

const unproven = { messageBytes: 100, totalBytes: 300 }
const key = Uint8Array.of(1, 2, 3, 4)
const quiet = { onMessage() {}, onDrain() {}, onClose() {} }
const masked = { masked: true, key }

/** Opens a WebSocket without this package, for a client that has not authenticated. */
async function stranger(options: Partial<ListenOptions> = {}) {
  const listener = await startListener({ unproven, ...options })
  const socket = await rawConnection({ port: listener.address().port })
  socket.write(upgradeHead())
  await until(() => listener.transports.size === 1, 'the link')
  const [transport] = listener.transports
  return { listener, socket, transport: transport as WebSocketTransport }
}

/** Returns the code of the close frame at the end of the server's bytes. */
function closeCode(answer: string): number {
  const bytes = Buffer.from(answer, 'latin1')
  return bytes.readUInt16BE(bytes.lastIndexOf(0x88) + 2)
}

describe('a link of an unauthenticated peer is closed with 1009', () => {
  test.each<[what: string, sent: Buffer]>([
    ['on the header of a message too long', wsHeader(101, key)],
    ['on the header of an enormous message', wsHeader(32 * 2 ** 20, key)],
    ['on a first fragment too long', wsFrame(new Uint8Array(301), { fin: false, ...masked })],
    [
      'on fragments too long together',
      Buffer.concat(
        Array.from({ length: 40 }, (_none, at) =>
          wsFrame(new Uint8Array(10), { fin: false, opcode: at === 0 ? 2 : 0, ...masked }),
        ),
      ),
    ],
    [
      'on pings too many',
      Buffer.concat(Array.from({ length: 4 }, () => wsFrame(new Uint8Array(100), { opcode: 9, ...masked }))),
    ],
    ['on messages too many', Buffer.concat(Array.from({ length: 4 }, () => wsFrame(new Uint8Array(100), masked)))],
    ['on a text too long', wsFrame(new Uint8Array(400), { opcode: 1, ...masked })],
  ])('%s', async (_what, sent) => {
    const { socket } = await stranger()
    const answer = untilEnd(socket)
    socket.write(sent)
    expect(closeCode(await answer)).toBe(1009)
  })

  test('byte by byte as well', async () => {
    const { socket } = await stranger()
    const answer = untilEnd(socket)
    socket.setNoDelay(true)
    for (const byte of wsHeader(101, key)) socket.write(Buffer.of(byte))
    expect(closeCode(await answer)).toBe(1009)
  })
})

describe('admit', () => {
  test('lets the peer send as much as any', async () => {
    const listener = await startListener({ unproven })
    const link = await openLink({ url: `ws://127.0.0.1:${listener.address().port}` })
    const [transport] = listener.transports
    expect(transport?.admit()).toBe(true)
    const got = new Promise<number>((resolve) => {
      transport?.setHandler({ onMessage: ({ length }) => resolve(length), onDrain() {}, onClose() {} })
    })
    link.transport.send(new Uint8Array(1_000_000))
    expect(await got).toBe(1_000_000)
  })

  test('is refused when all links are in use, and closes with 1013', async () => {
    const listener = await startListener({ unproven, maxLinks: 1 })
    const url = `ws://127.0.0.1:${listener.address().port}`
    await openLink({ url })
    const second = await openLink({ url })
    const admitted = [...listener.transports].map((transport) => transport.admit())
    await until(() => second.handler.closes.length > 0, 'the end')
    expect({ admitted, code: second.handler.closes[0]?.code }).toEqual({ admitted: [true, false], code: 1013 })
  })

  test('takes the link out of those that make room', async () => {
    const pending = new PendingConnections({ maxPending: 1 })
    const { listener, transport } = await stranger({ pending })
    transport.admit()
    const port = listener.address().port
    for (let index = 0; index < 3; index++) await rawConnection({ port })
    await until(() => pending.size === 1 && listener.refusals.full >= 1, 'room made')
    expect(listener.transports.has(transport)).toBe(true)
  })
})

describe('early data of an unauthenticated peer', () => {
  test.each([
    ['a message too long', [Buffer.alloc(101, 1)]],
    ['messages too long together', [1, 2, 3, 4].map((byte) => Buffer.alloc(100, byte))],
  ])('is refused with 413: %s', async (_what, messages) => {
    const listener = await startListener({ unproven, earlyData: true })
    const socket = await rawConnection({ port: listener.address().port })
    const answer = untilEnd(socket)
    const protocols = messages.map((message) => message.toString('base64url')).join(', ')
    socket.write(upgradeHead('/socket', `Sec-WebSocket-Protocol: ${protocols}`))
    expect(await answer).toMatch(/^HTTP\/1\.1 413 [^]*a message may have 100 bytes, all together 300/)
  })
})

test('early data of an unauthenticated peer is charged until the link is admitted', async () => {
  const pending = new PendingConnections()
  const budget = new MemoryBudget({ limitBytes: 10_000 })
  pending.chargeTo(budget)
  const listener = await startListener({ unproven, earlyData: true, pending })
  const socket = await rawConnection({ port: listener.address().port })
  socket.write(upgradeHead('/socket', `Sec-WebSocket-Protocol: ${Buffer.alloc(50, 1).toString('base64url')}`))
  await until(() => listener.transports.size === 1, 'the link')
  const held = budget.usedBytes
  for (const transport of listener.transports) transport.admit()
  expect({ held, usedBytes: budget.usedBytes }).toEqual({ held: 50, usedBytes: 0 })
})

test('messages of an unauthenticated peer are charged by their header, until the link is admitted', async () => {
  const pending = new PendingConnections()
  const budget = new MemoryBudget({ limitBytes: 10_000 })
  pending.chargeTo(budget)
  const { socket, transport } = await stranger({ pending })
  transport.resume()
  socket.write(wsHeader(90, key))
  await until(() => budget.usedBytes > 0, 'the charge')
  const held = budget.usedBytes
  transport.admit()
  expect({ held, usedBytes: budget.usedBytes }).toEqual({ held: 96, usedBytes: 0 })
})

test('an unauthenticated peer gets no ping before it is admitted', async () => {
  const { socket, transport } = await stranger()
  let answer = Buffer.alloc(0)
  socket.on('data', (chunk: Buffer) => (answer = Buffer.concat([answer, chunk])))
  await until(() => answer.includes('\r\n\r\n'), 'the upgrade')
  const before = transport.keepalive
  transport.admit()
  await until(() => answer[answer.length - 6] === 0x89, 'the ping')
  expect({ before, keepaliveMissing: transport.keepalive === undefined }).toEqual({
    before: undefined,
    keepaliveMissing: false,
  })
})

test('a flood of upgrades opens its links over several turns of the event loop', async () => {
  const opened: number[] = []
  let turn = 0
  const count = (): void => {
    turn++
    if (opened.length < 40) setImmediate(count)
  }
  const listener = await startListener({
    onTransport: (transport) => {
      opened.push(turn)
      transport.setHandler(quiet)
    },
  })
  const sockets = await Promise.all(Array.from({ length: 40 }, () => rawConnection({ port: listener.address().port })))
  count()
  for (const socket of sockets) socket.write(upgradeHead())
  await until(() => opened.length === sockets.length, 'the links')
  const most = Math.max(...opened.map((at) => opened.filter((other) => other === at).length))
  expect(most).toBeLessThanOrEqual(8)
})

describe('a listener whose pending connections are too many cuts the oldest', () => {
  const authority = testAuthority()
  const places: [what: string, options: Partial<ListenOptions>, sent: string | Buffer][] = [
    ['of those that send nothing', {}, ''],
    ['of those with half a request', {}, upgradeHead().slice(0, -2)],
    ['of those with half a TLS handshake', { tls: authority.issue() }, Buffer.from('1603010200010001fc0303', 'hex')],
    ['of those with half a PROXY header', { proxyProtocol: true }, 'PROXY TCP4 192.0.2.1'],
    ['of those with a link and nothing to show', { unproven }, upgradeHead()],
  ]

  test.each(places)('%s', async (_what, options, sent) => {
    const pending = new PendingConnections({ maxPendingPerAddress: 2 })
    const listener = await startListener({ pending, ...options })
    const sockets: Socket[] = []
    for (let index = 0; index < 4; index++) {
      const socket = await rawConnection({ port: listener.address().port })
      socket.resume().write(sent)
      sockets.push(socket)
    }
    await until(() => sockets.slice(0, 2).every(({ destroyed }) => destroyed), 'the end of the oldest')
    expect({ sockets: sockets.map(({ destroyed }) => destroyed), full: listener.refusals.full }).toEqual({
      sockets: [true, true, false, false],
      full: 2,
    })
  })

  test('does not count those of a trusted proxy, which has many clients', async () => {
    const pending = new PendingConnections({ maxPendingPerAddress: 1 })
    const listener = await startListener({ pending, unproven, trustedProxies: ['127.0.0.1'] })
    for (const client of ['192.0.2.1', '192.0.2.2', '192.0.2.2']) {
      const socket = await rawConnection({ port: listener.address().port })
      socket.write(upgradeHead('/socket', `X-Forwarded-For: ${client}`))
    }
    await until(() => listener.refusals.full === 1 && listener.transports.size === 2, 'room made')
    expect([...listener.transports].map(({ peer }) => peer.address)).toEqual(['192.0.2.1', '192.0.2.2'])
  })

  test('and admits the next one', async () => {
    const onTransport = (transport: WebSocketTransport): void => void transport.admit()
    const pending = new PendingConnections({ maxPending: 3 })
    const listener = await listen({ pending, unproven, maxLinks: 1, onTransport })
    for (let index = 0; index < 10; index++) await rawConnection({ port: listener.address().port })
    await openLink({ url: `ws://127.0.0.1:${listener.address().port}` })
    expect(listener.transports.size).toBe(1)
    await listener.closeAll()
  })
})
