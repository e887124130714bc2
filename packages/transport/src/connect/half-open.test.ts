import type { Socket } from 'node:net'
import { PendingConnections } from '@ls/mux'
import { testAuthority, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { openLink, rawConnection, startListener, upgradeHead } from '../../testing/listening.js'
import type { ListenOptions } from '../listen/listen-options.js'
import type { RefusalKind } from '../port/refusals.js'

/** Number of connections in issue 5; far fewer than a listener accepts. */
const count = 1000

/** Time limit for slow machines: the deadline under test is a tenth of a second. */
const patience = { timeoutMs: 15_000 }

/** Time for a test that opens 1000 connections on a slow machine, in milliseconds; others take 3 s. */
const timeout = 60_000

const authority = testAuthority()
const clientHello = Buffer.from('1603010200010001fc0303', 'hex')

const cases: readonly [string, Partial<ListenOptions>, string | Buffer][] = [
  ['nothing', {}, ''],
  ['half a request', {}, upgradeHead().slice(0, -2)],
  ['half a TLS handshake', { tls: authority.issue() }, clientHello],
  ['half a PROXY header', { proxyProtocol: true }, 'PROXY TCP4 192.0.2.1'],
  [
    'a PROXY header, and half a TLS handshake',
    { proxyProtocol: true, tls: authority.issue() },
    'PROXY UNKNOWN\r\n\x16\x03',
  ],
]

describe('listen', { timeout }, () => {
  test.each(cases)(
    `cuts ${count} clients that send %s, counts them, and keeps nothing`,
    async (_name, options, sent) => {
      const pending = new PendingConnections({ maxPendingPerAddress: count })
      const listener = await startListener({ headTimeoutMs: 100, pending, ...options })
      const sockets: Socket[] = []
      for (let index = 0; index < count; index++) {
        const socket = await rawConnection({ port: listener.address().port })
        socket.resume().write(sent)
        sockets.push(socket)
      }
      await until(() => sockets.every(({ destroyed }) => destroyed), 'the end of all of them', patience)
      expect({ silent: listener.refusals.silent, transports: listener.transports.size }).toEqual({
        silent: count,
        transports: 0,
      })
    },
  )

  test('admits others beside 1000 that send nothing', async () => {
    const listener = await startListener()
    for (let index = 0; index < count; index++) await rawConnection({ port: listener.address().port })
    await openLink({ url: `ws://127.0.0.1:${listener.address().port}` })
    expect(listener.transports.size).toBe(1)
  })
})

describe('listen refuses and counts', () => {
  test.each<[string, string, number, RefusalKind]>([
    ['an oversize head', `${upgradeHead().slice(0, -2)}X: ${'x'.repeat(9000)}\r\n\r\n`, 431, 'head-size'],
    ['no HTTP', 'hello\r\n\r\n', 400, 'bad-request'],
    ['two lengths', 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400, 'bad-request'],
    ['a bare carriage return', 'GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n', 400, 'bad-request'],
    ['an upgrade without a key', upgradeHead().replace(/Sec-WebSocket-Key: .*\r\n/, ''), 400, 'upgrade'],
    ['an upgrade with a short key', upgradeHead().replace('AAAAAAAAAAAAAAAAAAAAAA==', 'AAAA'), 400, 'upgrade'],
    ['an upgrade of another version', upgradeHead().replace('Version: 13', 'Version: 12'), 400, 'upgrade'],
    ['an upgrade to something else', upgradeHead().replace('websocket', 'h2c'), 400, 'upgrade'],
    ['an upgrade by POST', upgradeHead().replace('GET', 'POST'), 405, 'upgrade'],
  ])('%s', async (_name, sent, status, kind) => {
    const listener = await startListener()
    const socket = await rawConnection({ port: listener.address().port })
    let answer = ''
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString()))
    socket.write(sent)
    await until(() => socket.destroyed, 'the end', patience)
    expect({ status: answer.slice(0, 12), refusal: listener.refusals[kind] }).toEqual({
      status: `HTTP/1.1 ${status}`,
      refusal: 1,
    })
  })
})
