import { connect, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { silentLogger } from '@ls/foundation'
import { MemoryBudget, PendingConnections } from '@ls/mux'
import { onceEvent, until } from '@ls/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { Inbound, type InboundOptions } from '../inbound/inbound.js'
import { PendingClients } from './pending-clients.js'

const cleanups: (() => unknown)[] = []

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function open(pending: PendingConnections, options: Partial<InboundOptions> = {}) {
  const inbound = new Inbound({ port: 0, pending, pick: () => new Promise<never>(() => {}), ...options })
  await inbound.listen()
  cleanups.push(() => inbound.close())
  return async (sent = ''): Promise<Socket> => {
    const socket = connect(inbound.address?.port ?? 0, '127.0.0.1')
    cleanups.push(() => socket.destroy())
    socket.on('error', () => {}).resume()
    await onceEvent(socket, 'connect')
    if (sent !== '') socket.write(sent, 'latin1')
    return socket
  }
}

const socksConnect = '\x05\x01\0\x05\x01\0\x01\x7f\0\0\x01\0\x50'
const httpConnect = 'CONNECT a.example:80 HTTP/1.1\r\nHost: a.example:80\r\n\r\n'

describe('a proxy port with too many clients in their handshake', () => {
  test.each([
    ['that say nothing', ''],
    ['that greet in SOCKS', '\x05\x01\0'],
    ['that send half a request', 'CONNECT a.example:80 HTTP/1.1\r\n'],
  ])('cuts the oldest of those %s', async (_what, sent) => {
    const client = await open(new PendingConnections({ maxPending: 2 }))
    const oldest = await client(sent)
    await client(sent)
    await client(sent)
    await until(() => oldest.destroyed, 'the end of the oldest')
    expect(oldest.destroyed).toBe(true)
  })

  test.each([
    ['a head that does not end', `GET http://a.example/ HTTP/1.1\r\nX: ${'x'.repeat(40_000)}`],
    ['what follows half a greeting', `\x05\xff${'x'.repeat(200)}`],
  ])('cuts the oldest where all together have sent too much: %s', async (_what, sent) => {
    const pending = new PendingConnections()
    pending.chargeTo(new MemoryBudget({ limitBytes: Math.floor(sent.length * 1.5) }))
    const client = await open(pending)
    const oldest = await client(sent)
    await client(sent)
    await until(() => oldest.destroyed, 'the end of the oldest')
    expect(pending.size).toBe(1)
  })

  test.each([
    ['SOCKS', socksConnect],
    ['HTTP', httpConnect],
  ])('cuts no client whose %s handshake is over', async (_what, sent) => {
    const pending = new PendingConnections({ maxPending: 1 })
    const client = await open(pending)
    const served = await client(sent)
    await until(() => pending.size === 0, 'the end of its handshake')
    const waiting = await client()
    await client()
    await until(() => waiting.destroyed, 'the end of the oldest')
    expect(served.destroyed).toBe(false)
  })

  test('counts clients that have sent no password', async () => {
    const pending = new PendingConnections()
    const client = await open(pending, { accounts: [{ username: 'ann', password: 'secret' }] })
    const socket = await client(httpConnect)
    await onceEvent(socket, 'data')
    expect(pending.size).toBe(1)
  })
})

describe('PendingClients', () => {
  test.each([
    ['192.0.2.1', 1],
    ['::ffff:192.0.2.1', 1],
    ['127.0.0.1', 3],
    ['::ffff:127.0.0.1', 3],
    ['::1', 3],
    [undefined, 3],
  ])('lets three of %s wait where one of an address may: %s', (remoteAddress, size) => {
    const pending = new PendingConnections({ maxPendingPerAddress: 1 })
    const clients = new PendingClients(pending, silentLogger)
    for (let index = 0; index < 3; index++) clients.add(Object.assign(new PassThrough(), { remoteAddress }))
    expect(pending.size).toBe(size)
  })
})
