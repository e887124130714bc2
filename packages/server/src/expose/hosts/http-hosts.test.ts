import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect as connectPlain, type Socket } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import { FakeClock, onceEvent, testCertificate, until } from '@ls/testkit'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ReverseProxy } from '../../fallback/reverse-proxy.js'
import type { HostPage } from './host-page.js'
import { HostTable } from './host-table.js'
import { bodySilenceMs, serveHosts, serveSecureHosts } from './http-hosts.js'

/** A server over TLS without host names, which answers 404, and its visitors. */
async function secureServer() {
  const clock = new FakeClock()
  const server = serveSecureHosts(new HostTable<HostPage>(), testCertificate(), clock).listen(0, '127.0.0.1')
  onTestFinished(() => void server.close())
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const visit = async (): Promise<TLSSocket> => {
    const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false }).on('error', () => {})
    onTestFinished(() => void socket.destroy())
    await Promise.all([once(server, 'secureConnection'), once(socket, 'secureConnect')])
    return socket
  }
  return { clock, server, visit }
}

const anyRequest = 'GET / HTTP/1.1\r\nHost: a.example\r\n\r\n'

test('serveSecureHosts cuts visitors that ask for nothing for 10 s, and no others', async () => {
  const { clock, visit } = await secureServer()
  const [silent, asking] = [await visit(), await visit()]
  clock.advance(5000)
  asking.write(anyRequest)
  await onceEvent(asking, 'data')
  const gone = onceEvent(silent.resume(), 'close')
  clock.advance(5000)
  await gone
  expect(asking.closed).toBe(false)
})

test('serveSecureHosts cuts visitors whose second request does not end', async () => {
  const { clock, server, visit } = await secureServer()
  const visitor = await visit()
  const answered = new Promise<void>((resolve) => {
    server.once('request', (_request, response: ServerResponse) => response.once('close', resolve))
  })
  visitor.write(`${anyRequest}GET / HTTP/1.1\r\n`)
  await Promise.all([answered, onceEvent(visitor, 'data')])
  const gone = onceEvent(visitor.resume(), 'close')
  clock.advance(10_000)
  await gone
  expect(visitor.destroyed).toBe(true)
})

/** Server of one host name, whose provider answers nothing, and a visitor that has sent `text` there. */
async function visitWith(text: string, answer: ReverseProxy['answer'] = () => {}) {
  const clock = new FakeClock()
  const table = new HostTable<HostPage>()
  const proxy = { answer } as unknown as ReverseProxy
  table.add({ protocol: 'http', host: 'a.example' }, { proxy } as HostPage)
  const server = serveHosts(table, clock).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const visitor: Socket = connectPlain((server.address() as { port: number }).port, '127.0.0.1').on('error', () => {})
  const asked = once(server, 'request') as Promise<[IncomingMessage, ServerResponse]>
  visitor.write(text)
  const [request, response] = await asked
  const close = (): void => {
    visitor.destroy()
    server.close()
  }
  return { clock, visitor, request, response, close }
}

const upload = 'POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 100000\r\n\r\n'

describe('a host name', () => {
  test('refuses a second Host behind more fields than Node counts', async () => {
    const fields = Array.from({ length: 1100 }, () => 'a: b\r\n').join('')
    const { response, close } = await visitWith(`GET / HTTP/1.1\r\nHost: a.example\r\n${fields}Host: b.example\r\n\r\n`)
    expect(response.statusCode).toBe(400)
    close()
  })

  test('cuts an upgrade behind a request without an answer', async () => {
    const upgrade = 'GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
    const { visitor, close } = await visitWith(anyRequest + upgrade)
    visitor.resume()
    await until(() => visitor.closed, 'the end of the connection')
    expect(visitor.bytesRead).toBe(0)
    close()
  })

  test('answers 408 to a body that stops coming', async () => {
    const { clock, visitor, close } = await visitWith(`${upload}abc`)
    const answered = once(visitor, 'data') as Promise<[Buffer]>
    clock.advance(bodySilenceMs)
    const [answer] = await answered
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 408 /)
    close()
  })

  test('cuts a body that stops coming after its answer has begun', async () => {
    const { clock, visitor, close } = await visitWith(`${upload}abc`, (_request, response) => void response.write('a'))
    const gone = onceEvent(visitor.resume(), 'close')
    clock.advance(bodySilenceMs)
    await gone
    expect(visitor.destroyed).toBe(true)
    close()
  })

  test('waits as long as bytes come', async () => {
    const { clock, visitor, request, response, close } = await visitWith(upload)
    request.resume()
    for (let round = 0; round < 3; round++) {
      clock.advance(bodySilenceMs - 1)
      const came = once(request, 'data')
      visitor.write('more')
      await came
    }
    expect(response.headersSent).toBe(false)
    close()
  })

  test('waits for a provider that does not read', async () => {
    const { clock, request, response, close } = await visitWith(`${upload}${'a'.repeat(99_000)}`)
    await until(() => request.readableLength >= request.readableHighWaterMark, 'a full buffer')
    clock.advance(10 * bodySilenceMs)
    expect(response.headersSent).toBe(false)
    close()
  })

  test('forgets a request whose body is complete', async () => {
    const { clock, request, close } = await visitWith(`${upload}${'a'.repeat(100_000)}`)
    await once(request.resume(), 'close')
    expect(clock.pendingTimers).toBe(0)
    close()
  })
})
