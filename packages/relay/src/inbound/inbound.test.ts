import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer as createHttpServer } from 'node:http'
import { connect as connectTcp, createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemResolver } from '@ls/dial'
import { silentLogger, systemClock } from '@ls/foundation'
import { type Account, connect as connectHttp } from '@ls/http-proxy/node'
import { connect } from '@ls/socks5/node'
import { echoServer, freePort, httpServer, onceEvent, until } from '@ls/testkit'
import { describe, expect, test, vi } from 'vitest'
import { afterTest, closing } from '../../testing/cleanup.js'
import { RawClient } from '../../testing/raw-client.js'
import { relayPair, type RelayPairOptions } from '../../testing/relay-pair.js'
import { RateLimit } from '../copy/rate-limit.js'
import { RelayError } from '../errors.js'
import { Inbound } from './inbound.js'

const accounts: readonly Account[] = [
  { username: 'ada', password: 'secret' },
  { username: 'bob', password: '' },
]

/** A proxy, a target that echoes, and a client that has connected to the proxy. */
async function rawNet(options: RelayPairOptions = {}) {
  const target = closing(await echoServer())
  const { port, inbound } = await relayPair(options)
  return {
    target,
    inbound,
    client: await RawClient.open({ host: '127.0.0.1', port }),
    proxy: { host: '127.0.0.1', port },
  }
}

/** Counts the bytes that were paid. */
class CountedLimit extends RateLimit {
  paidBytes = 0

  override charge(bytes: number): void {
    this.paidBytes += bytes
    super.charge(bytes)
  }
}

/** Waits after each message, a few milliseconds in all. */
const fastLimit = (): CountedLimit =>
  new CountedLimit({ clock: systemClock, bytesPerSecond: 50_000_000, burstBytes: 1 })

const portBytes = (port: number): readonly number[] => [port >> 8, port & 0xff]
const loopback = (port: number): readonly number[] => [0x01, 127, 0, 0, 1, ...portBytes(port)]
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('an Inbound serves SOCKS5', () => {
  test.each([
    ['CONNECT', 0x01],
    ['Tor RESOLVE', 0xf0],
    ['Tor RESOLVE_PTR', 0xf1],
  ])('%s as a connection', async (_name, command) => {
    const { client, target } = await rawNet()
    client.write([5, 1, 0], [5, command, 0, ...loopback(target.port)])
    expect(hexOf(await client.read(12))).toBe('050005000001000000000000')
    expect((await client.write('ping').read(4)).toString()).toBe('ping')
  })

  test.each([
    ['BIND', 0x02],
    ['an unknown command', 0x09],
  ])('with reply 0x07 to %s', async (_name, command) => {
    const { client } = await rawNet()
    client.write([5, 1, 0], [5, command, 0, ...loopback(80)])
    expect(hexOf(await client.read(4))).toBe('05000507')
  })

  test('with reply 0x08 to an unknown address type', async () => {
    const { client } = await rawNet()
    client.write([5, 1, 0], [5, 1, 0, 0x02, 1, 2, 3, 4, 0, 80])
    expect(hexOf(await client.read(4))).toBe('05000508')
  })

  test('with reply 0x05 where the target refuses', async () => {
    const { client } = await rawNet()
    client.write([5, 1, 0], [5, 1, 0, ...loopback(await freePort())])
    expect(hexOf(await client.read(4))).toBe('05000505')
  })

  test('with reply 0x02 where a rule forbids it', async () => {
    const { client } = await rawNet({ outbound: { accessRules: ['10.0.0.0/8:*'] } })
    client.write([5, 1, 0], [5, 1, 0, ...loopback(80)])
    expect(hexOf(await client.read(4))).toBe('05000502')
  })

  test('with reply 0x02 where a rule of its own does not allow the target', async () => {
    const { client, target } = await rawNet({ inbound: { accessRules: ['10.0.0.0/8:*'] } })
    client.write([5, 1, 0], [5, 1, 0, ...loopback(target.port)])
    expect(hexOf(await client.read(4))).toBe('05000502')
  })

  test('by looking names up for its tenant', async () => {
    const lookup = vi.spyOn(systemResolver, 'lookup')
    afterTest(() => lookup.mockRestore())
    const tenant = {}
    const { proxy } = await rawNet({ inbound: { accessRules: ['10.0.0.0/8:*'], tenant } })
    await expect(connect({ proxy, target: { host: 'localhost', port: 80 } })).rejects.toThrow(/forbid/i)
    expect(lookup.mock.calls[0]?.[2]?.tenant).toBe(tenant)
  })

  test('where a rule of its own allows the target', async () => {
    const { client, target } = await rawNet({ inbound: { accessRules: ['127.0.0.0/8:*'] } })
    client.write([5, 1, 0], [5, 1, 0, ...loopback(target.port)])
    expect(hexOf(await client.read(4))).toBe('05000500')
  })

  test('with data sent behind the request, before any answer', async () => {
    const { client, target } = await rawNet()
    client.write([5, 1, 0, 5, 1, 0, ...loopback(target.port), ...Buffer.from('early')])
    expect((await client.read(17)).subarray(12).toString()).toBe('early')
  })

  test('to IPv4-mapped IPv6 targets', async () => {
    const { client, target } = await rawNet()
    const mapped = [...Array.from({ length: 10 }, () => 0), 0xff, 0xff, 127, 0, 0, 1]
    client.write([5, 1, 0], [5, 1, 0, 0x04, ...mapped, ...portBytes(target.port)])
    expect(hexOf(await client.read(4))).toBe('05000500')
  })

  test.each(accounts)('to $username with the right password', async ({ username, password }) => {
    const { proxy, target } = await rawNet({ inbound: { accounts } })
    const socket = await connect({
      proxy: { ...proxy, username, password },
      target: { host: '127.0.0.1', port: target.port },
    })
    socket.resume().end('ping')
    expect(String((await onceEvent(socket, 'data'))[0])).toBe('ping')
    socket.destroy()
  })

  test('not without the account', async () => {
    const { client } = await rawNet({ inbound: { accounts } })
    expect(hexOf(await client.write([5, 1, 0]).read(2))).toBe('05ff')
  })

  test('not with the password of another account', async () => {
    const { client } = await rawNet({ inbound: { accounts } })
    client.write([5, 1, 2], [1, 3, ...Buffer.from('bob'), 6, ...Buffer.from('secret')])
    expect(hexOf(await client.read(4))).toBe('05020101')
  })
})

describe('an Inbound serves SOCKS4', () => {
  const request = (port: number, userId = ''): readonly number[] => [
    4,
    1,
    ...portBytes(port),
    127,
    0,
    0,
    1,
    ...Buffer.from(userId),
    0,
  ]

  test('with a user id', async () => {
    const { client, target } = await rawNet()
    expect(hexOf(await client.write(request(target.port, 'old tool')).read(2))).toBe('005a')
    expect((await client.read(6)).length + (await client.write('ping').read(4)).length).toBe(10)
  })

  test('with a name (4a)', async () => {
    const { client, target } = await rawNet()
    client.write([4, 1, ...portBytes(target.port), 0, 0, 0, 1, 0, ...Buffer.from('localhost'), 0])
    expect(hexOf(await client.read(2))).toBe('005a')
  })

  test('with 0x5B when accounts are required, whatever the user id claims', async () => {
    const { client, target } = await rawNet({ inbound: { accounts } })
    expect(hexOf(await client.write(request(target.port, 'ada')).read(2))).toBe('005b')
  })

  test('with 0x5B to BIND', async () => {
    const { client } = await rawNet()
    expect(hexOf(await client.write([4, 2, 0, 80, 127, 0, 0, 1, 0]).read(2))).toBe('005b')
  })
})

describe('an Inbound serves HTTP', () => {
  test('tunnels, with data sent behind the request', async () => {
    const { client, target } = await rawNet()
    client.write(`CONNECT 127.0.0.1:${target.port} HTTP/1.1\r\nHost: x\r\n\r\nearly`)
    expect((await client.read(44)).toString()).toMatch(/^HTTP\/1\.1 200 .*\r\n\r\nearly$/s)
  })

  test('plain requests, two on one connection', async () => {
    const { client } = await rawNet()
    const { url } = closing(await httpServer())
    client.write(`GET ${url}/ HTTP/1.1\r\nHost: x\r\n\r\n`)
    client.write(`GET ${url}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    expect((await client.readAll()).toString().match(/it works/g)).toHaveLength(2)
  })

  test('plain requests at the pace of their user', async () => {
    const body = 'a'.repeat(300_000)
    const server = createHttpServer((request, response) => void request.resume().on('end', () => response.end(body)))
    await once(closing(server).listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const [sending, receiving] = [fastLimit(), fastLimit()]
    const { client } = await rawNet({ inbound: { pace: { sending, receiving } } })
    client.write(
      `POST http://127.0.0.1:${port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 300000\r\n\r\n`,
    )
    expect((await client.write(body).readAll()).toString()).toContain(body)
    expect([sending, receiving].map(({ paidBytes }) => paidBytes > 300_000)).toEqual([true, true])
  })

  test.each([
    ['refused', {}, 502, (port: number) => port],
    ['forbidden', { accessRules: ['10.0.0.0/8:*'] }, 403, (port: number) => port],
  ])('a tunnel that is %s with its status', async (_word, outbound, status, portOf) => {
    const { client } = await rawNet({ outbound })
    client.write(`CONNECT 127.0.0.1:${portOf(await freePort())} HTTP/1.1\r\nHost: x\r\n\r\n`)
    expect((await client.readAll()).toString()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `))
  })

  test('requests without a target only where `httpTransparent` is on', async () => {
    const { port } = closing(await httpServer())
    const request = `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`
    const answers = await Promise.all(
      [false, true].map(async (httpTransparent) => {
        const { client } = await rawNet({ inbound: { httpTransparent } })
        return (await client.write(request).readAll()).toString().slice(9, 12)
      }),
    )
    expect(answers).toEqual(['400', '200'])
  })

  test('431 for a request head beyond `httpMaxHeadBytes`', async () => {
    const { client } = await rawNet({ inbound: { httpMaxHeadBytes: 1000 } })
    client.write(`GET http://x.example/ HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(1000)}\r\n\r\n`)
    expect((await client.readAll()).toString()).toMatch(/^HTTP\/1\.1 431 /)
  })

  test('to the accounts it shares with SOCKS', async () => {
    const { proxy, target } = await rawNet({ inbound: { accounts } })
    const socket = await connectHttp({
      proxy: { ...proxy, username: 'bob', password: '' },
      target: { host: '127.0.0.1', port: target.port },
    })
    socket.destroy()
    await expect(connectHttp({ proxy, target: { host: '127.0.0.1', port: target.port } })).rejects.toMatchObject({
      status: 407,
    })
  })
})

describe('Inbound.inbound', () => {
  test('"socks" answers HTTP with nothing', async () => {
    const { client } = await rawNet({ inbound: { inbound: 'socks' } })
    client.write('GET http://x/ HTTP/1.1\r\n\r\n')
    expect((await client.readAll()).length).toBe(0)
  })

  test('"http" answers SOCKS with 400', async () => {
    const { client } = await rawNet({ inbound: { inbound: 'http' } })
    expect((await client.write([5, 1, 0], '\r\n\r\n').readAll()).toString()).toMatch(/^HTTP\/1\.1 400 /)
  })
})

describe('Inbound.listenOn', () => {
  test('opens and closes a port for each of several equal places with port 0', async () => {
    const inbound = new Inbound({ listenOn: ['127.0.0.1:0', '127.0.0.1:0'], pick: neverPicked })
    await inbound.listen()
    const { ports } = inbound
    await inbound.close()
    expect(ports).toHaveLength(2)
    for (const port of ports) {
      const [error] = (await once(connectTcp(port, '127.0.0.1'), 'error')) as [NodeJS.ErrnoException]
      expect(error.code).toBe('ECONNREFUSED')
    }
  })

  async function socketPath(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'linksocks-test-'))
    afterTest(() => rm(folder, { recursive: true }))
    return join(folder, 'proxy.sock')
  }

  test('opens ports of both families and a UNIX socket, all of which serve', async () => {
    const target = closing(await echoServer())
    const path = await socketPath()
    const { inbound } = await relayPair({ inbound: { listenOn: ['127.0.0.1:0', '[::1]:0', `unix:${path}`] } })
    expect(inbound.addresses).toEqual([
      { host: '127.0.0.1', port: expect.any(Number) as number },
      { host: '::1', port: expect.any(Number) as number },
      { path },
    ])
    for (const address of inbound.addresses) {
      if ('webSocket' in address) throw new Error('no such place was asked for')
      const client = await RawClient.open('path' in address ? address : { host: address.host, port: address.port })
      client.write([5, 1, 0], [5, 1, 0, ...loopback(target.port)])
      expect(hexOf(await client.read(4))).toBe('05000500')
    }
  })

  test('opens nothing when one place is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    closing(taken)
    const free = await freePort()
    const listenOn = [`127.0.0.1:${free}`, `127.0.0.1:${(taken.address() as AddressInfo).port}`]
    const inbound = closing(new Inbound({ listenOn, pick: neverPicked }))
    await expect(inbound.listen()).rejects.toMatchObject({ code: 'EADDRINUSE' })
    expect(inbound.addresses).toEqual([])
    await expect(RawClient.open({ host: '127.0.0.1', port: free })).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('refuses UDP on a UNIX socket, where clients have no address', async () => {
    const path = await socketPath()
    await relayPair({ inbound: { listenOn: [`unix:${path}`] } })
    const client = await RawClient.open({ path })
    client.write([5, 1, 0], [5, 3, 0, 1, 0, 0, 0, 0, 0, 0])
    expect(hexOf(await client.read(4))).toBe('05000502')
  })

  test('is limited in length', () => {
    const listenOn = Array.from({ length: 65 }, () => '127.0.0.1:0')
    expect(() => new Inbound({ listenOn, pick: neverPicked })).toThrow('65 places to listen; the limit is 64')
  })

  test('or `port` must say where', () => {
    expect(() => new Inbound({ pick: neverPicked })).toThrow(TypeError)
  })
})

test('Inbound.close resets open connections once the grace is over', async () => {
  const { client, target, inbound } = await rawNet()
  await client.write([5, 1, 0], [5, 1, 0, ...loopback(target.port)]).read(12)
  const closed = inbound.close({ graceMs: 20 })
  await onceEvent(client.socket, 'close')
  await closed
  await until(() => inbound.connectionCount === 0, 'the connection to be forgotten')
  expect({ address: inbound.address, errored: client.socket.errored }).toMatchObject({
    address: undefined,
    errored: { code: 'ECONNRESET' },
  })
})

test('Inbound warns of a public port without a password', async () => {
  const warnings: string[] = []
  const logger = { warn: (_fields: object, text: string) => void warnings.push(text) }
  const inbound = closing(
    new Inbound({ host: '0.0.0.0', port: 0, pick: neverPicked, logger: { ...silentLogger, ...logger } }),
  )
  await inbound.listen()
  expect(warnings).toEqual(['the SOCKS port is public and requires no password: anyone can use it'])
})

function neverPicked(): never {
  throw new RelayError({ word: 'no-provider', detail: 'there is none' })
}

describe('Inbound.change', () => {
  const places = async () => {
    const folder = await mkdtemp(join(tmpdir(), 'inbound-'))
    afterTest(() => rm(folder, { recursive: true }))
    const [a, b] = [join(folder, 'a'), join(folder, 'b')]
    const { inbound } = await relayPair({ inbound: { listenOn: [`unix:${a}`] } })
    return { a, b, inbound }
  }

  test('opens the new place, and closes the old with commit', async () => {
    const { a, b, inbound } = await places()
    const change = await inbound.change({ listenOn: [`unix:${b}`] })
    const between = inbound.addresses
    change.commit()
    expect({ opened: change.opened, between, addresses: inbound.addresses }).toEqual({
      opened: [{ path: b }],
      between: [{ path: a }, { path: b }],
      addresses: [{ path: b }],
    })
  })

  test('keeps the old place after undo', async () => {
    const { a, b, inbound } = await places()
    const change = await inbound.change({ listenOn: [`unix:${b}`] })
    change.undo()
    expect(inbound.addresses).toEqual([{ path: a }])
  })

  test('opens nothing if one place cannot be opened', async () => {
    const { a, b, inbound } = await places()
    await expect(inbound.change({ listenOn: [`unix:${b}`, 'unix:/no-such-folder/x'] })).rejects.toThrow(
      'no-such-folder',
    )
    expect(inbound.addresses).toEqual([{ path: a }])
  })

  test('keeps connections of a place that is gone, and asks new ones for other accounts', async () => {
    const { client, inbound, proxy, target } = await rawNet()
    client.write([5, 1, 0], [5, 1, 0, ...loopback(target.port)])
    await client.read(12)
    const change = await inbound.change({ host: '127.0.0.1', port: 0, accounts })
    change.commit()
    const second = await RawClient.open({ host: '127.0.0.1', port: inbound.address?.port ?? proxy.port })
    expect(hexOf(await second.write([5, 1, 0]).read(2))).toBe('05ff')
    expect((await client.write('ping').read(4)).toString()).toBe('ping')
  })
})
