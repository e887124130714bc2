import { turns, until } from '@ls/testkit'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { useProxyFixture } from '../../testing/proxy-fixture.js'
import type { HttpProxyOptions } from '../options.js'
import { HttpProxy } from './http-proxy.js'

const fixture = useProxyFixture()

/**
 * A limit that a test waits for, in milliseconds: longer than a busy machine may keep this process waiting, since the
 * first request must arrive within it.
 */
const briefMs = 300

/** A proxy that reaches nothing, and whose connections can be counted. */
async function unconnected(options: HttpProxyOptions): Promise<{ proxy: HttpProxy; port: number }> {
  const proxy = new HttpProxy(options, () => Promise.reject(new Error('nothing is reached here')))
  const address = await fixture.tcp((socket) => proxy.serve(socket))
  fixture.defer(() => proxy.close())
  return { proxy, port: Number(address.split(':')[1]) }
}

describe('HttpProxy', () => {
  test('answers 408 to a silent client after headTimeoutMs', async () => {
    const client = fixture.client(await fixture.proxy({ headTimeoutMs: 20 }))
    expect(await client.readAll()).toMatch(/^HTTP\/1.1 408 [\s\S]*no complete request head within 20 ms\n$/)
  })

  test('answers 408 to a client that trickles its head', async () => {
    const client = fixture.client(await fixture.proxy({ headTimeoutMs: 60 }))
    const trickle = setInterval(() => client.send('X: y\r\n'), 5)
    client.send('GET http://a.example/ HTTP/1.1\r\n')
    const answer = await client.readAll()
    clearInterval(trickle)
    expect(answer).toMatch(/^HTTP\/1.1 408 /)
  })

  test('answers 408 to a client that trickles its second head', async () => {
    const client = fixture.client(await fixture.proxy({ headTimeoutMs: briefMs, idleMs: briefMs }))
    client.send('OPTIONS * HTTP/1.1', 'Host: x', '', '')
    await client.read('\r\n\r\n')
    client.send('GET http://a.example/ HTTP/1.1\r\n')
    const trickle = setInterval(() => client.send('X: y\r\n'), 5)
    const answer = await client.readAll()
    clearInterval(trickle)
    expect(answer).toMatch(/^HTTP\/1.1 408 /)
  })

  test('closes a connection that waits for its next request for idleMs', async () => {
    const client = fixture.client(await fixture.proxy({ idleMs: 20 }))
    client.send('OPTIONS * HTTP/1.1', 'Host: x', '', '')
    await client.read('\r\n\r\n')
    expect(await client.readAll()).toBe('')
  })

  test('answers 504 when neither side says anything for exchangeIdleMs', async () => {
    const origin = await fixture.web(() => {})
    const client = fixture.client(await fixture.proxy({ exchangeIdleMs: briefMs }))
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    expect(await client.read(`${briefMs} ms\n`)).toMatch(/^HTTP\/1.1 504 [\s\S]*no byte either way for 300 ms\n$/)
  })

  test('does not wait for an upload that stalls', async () => {
    const origin = await fixture.web((request) => void request.resume())
    const client = fixture.client(await fixture.proxy({ exchangeIdleMs: briefMs }))
    client.send(`POST http://${origin}/ HTTP/1.1`, 'Host: x', 'Content-Length: 100', '', 'abc')
    expect(await client.read(`${briefMs} ms\n`)).toMatch(/^HTTP\/1.1 504 /)
  })

  test('gives up after halfClosedIdleMs on a client that has ended its side', async () => {
    const origin = await fixture.web(() => {})
    const client = fixture.client(await fixture.proxy({ halfClosedIdleMs: 30 }))
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '').socket.end()
    expect(await client.readAll()).toMatch(/^HTTP\/1.1 504 /)
  })

  test('answers 431 to a head larger than maxHeadBytes', async () => {
    const client = fixture.client(await fixture.proxy({ maxHeadBytes: 1000 }))
    client.send('GET http://a.example/ HTTP/1.1', 'Host: x', `X: ${'y'.repeat(1_000_000)}`, '', '')
    expect(await client.readAll()).toMatch(/^HTTP\/1.1 431 [\s\S]*larger than 1000 bytes\n$/)
  })

  test('takes a head with very many fields whole', async () => {
    const origin = await fixture.web(
      (request, response) => response.end(`<${request.rawHeaders.filter((name) => name === 'A').length}>`),
      (server) => (server.maxHeadersCount = 0),
    )
    const client = fixture.client(await fixture.proxy())
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', ...Array.from({ length: 2000 }, () => 'A: b'), '', '')
    expect(await client.read(/<\d+>/)).toMatch('<2000>')
  })

  test('answers 502 to a response head larger than maxResponseHeadBytes', async () => {
    const origin = await fixture.web((_, response) => response.writeHead(200, { X: 'y'.repeat(2000) }).end())
    const client = fixture.client(await fixture.proxy({ maxResponseHeadBytes: 1000 }))
    client.send(`GET http://${origin}/ HTTP/1.1`, 'Host: x', '', '')
    expect(await client.read('\n\r\n')).toMatch(/^HTTP\/1.1 502 /)
  })

  test('answers 503 beyond maxConnections, and serves again once there is room', async () => {
    const { proxy, port } = await unconnected({ maxConnections: 1 })
    const first = fixture.client(port).send('OPTIONS * HTTP/1.1', 'Host: x', '', '')
    await first.read('\r\n\r\n')
    expect(await fixture.client(port).readAll()).toMatch(/^HTTP\/1.1 503 [\s\S]*serves 1 connections already\n$/)
    first.socket.destroy()
    while (proxy.connections > 0) await turns(1)
    const third = fixture.client(port).send('OPTIONS * HTTP/1.1', 'Host: x', '', '')
    expect(await third.read('\r\n\r\n')).toMatch(/^HTTP\/1.1 200 /)
  })

  test('stops reading behind maxPipelined requests that wait', async () => {
    let requests = 0
    const origin = await fixture.web(() => requests++)
    const client = fixture.client(await fixture.proxy({ maxPipelined: 4 }))
    const one = `GET http://${origin}/ HTTP/1.1\r\nHost: x\r\n\r\n`
    let sent = 0
    const flood = (): void => {
      while (sent < 100_000_000) {
        sent += one.length * 1000
        if (!client.socket.write(one.repeat(1000))) return
      }
    }
    client.socket.on('drain', flood)
    flood()
    await until(() => requests > 0, 'the first request')
    let before = -1
    while (before !== sent) {
      before = sent
      await turns(500)
    }
    expect({ requests, limited: sent < 30_000_000 }).toEqual({ requests: 1, limited: true })
  })

  test('writes each refusal to its logger, without the password', async () => {
    const debug = vi.fn()
    const port = await fixture.proxy({ accounts: [{ username: 'ann', password: 'right' }], logger: { debug } })
    const field = `Proxy-Authorization: Basic ${btoa('ann:secret')}`
    await fixture.client(port).send('CONNECT a.example:1 HTTP/1.1', 'Host: x', field, '', '').readAll()
    expect(debug).toHaveBeenCalledWith(
      expect.objectContaining({ code: 'ERR_HTTP_PROXY_AUTH' }),
      'wrong user name or password',
    )
    expect(JSON.stringify(debug.mock.calls)).not.toMatch(/secret|right/)
  })

  test.each([
    [{ maxHeadBytes: 1 }, RangeError],
    [{ idleMs: 0 }, RangeError],
    [{ dialTimeoutMs: Number.NaN }, RangeError],
    [{ accounts: [] }, TypeError],
    [{ accounts: [{ username: 'a:b', password: '' }] }, TypeError],
  ])('refuses the options %j', (options, kind) => {
    expect(() => new HttpProxy(options, () => Promise.reject(new Error('unused')))).toThrow(kind)
  })

  test('survives any bytes, and keeps no socket of a client that sent them and left', async () => {
    const { proxy, port } = await unconnected({ headTimeoutMs: 500 })
    const piece = fc.oneof(
      fc.constantFrom('GET http://a.example/ HTTP/1.1\r\n', 'CONNECT a.example:1 HTTP/1.1\r\n', 'Host: x\r\n', '\r\n'),
      fc.constantFrom('Content-Length: 3\r\n', 'Transfer-Encoding: chunked\r\n', '0\r\n\r\n', 'Upgrade: x\r\n'),
      fc.constantFrom('Connection: upgrade\r\n', 'Expect: 100-continue\r\n', 'POST http://a.example/ HTTP/1.1\r\n'),
      fc.string({ unit: 'binary', maxLength: 20 }),
    )
    const run = async (pieces: string[], reset: boolean): Promise<void> => {
      const client = fixture.client(port).send(...pieces.map((text) => text))
      await turns(3)
      if (reset) client.socket.resetAndDestroy()
      else client.socket.destroy()
    }
    await fc.assert(fc.asyncProperty(fc.array(piece, { maxLength: 12 }), fc.boolean(), run), { numRuns: 300 })
    while (proxy.connections > 0) await turns(10)
    expect(proxy.connections).toBe(0)
  })
})
