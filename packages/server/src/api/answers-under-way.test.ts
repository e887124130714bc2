import { mkdtempSync, rmSync } from 'node:fs'
import { type ClientRequest, type IncomingMessage, request, type RequestOptions } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { FakeClock, onceEvent, turns, until } from '@ls/testkit'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { ServerOptions } from '../options/server-options.js'
import { LinkSocksServer } from '../server.js'

type Place = 'port' | 'socket'

/** A server whose API answers at its port, and at a UNIX socket. */
async function start(requestRestart: () => Promise<{ readonly pid: number }>, more: ServerOptions = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'ls-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const socketPath = join(folder, 'api')
  const api = { key: 'key', socket: socketPath, requestRestart }
  const server = new LinkSocksServer({ host: '127.0.0.1', port: 0, api, ...more })
  await server.listen()
  const at = (place: Place): RequestOptions =>
    place === 'socket' ? { socketPath } : { host: '127.0.0.1', port: server.address?.port }
  return { server, at }
}

function ask(place: RequestOptions, method: string, path: string): ClientRequest {
  return request({ ...place, method, path, headers: { 'x-api-key': 'key' } }).end()
}

describe.each<Place>(['port', 'socket'])('an answer of the API at the %s', (place) => {
  test('is sent whole by a server that closes meanwhile', async () => {
    let closed: Promise<void> | undefined
    const { server, at } = await start(async () => {
      closed = server.close()
      await turns(20)
      return { pid: 7 }
    })
    const [response] = await onceEvent(ask(at(place), 'POST', '/api/restart'), 'response')
    expect(await text(response as IncomingMessage)).toBe('{"success":true,"pid":7}\n')
    await closed
  })

  test('that never comes delays the end of the server for 2 s', async () => {
    const clock = new FakeClock()
    let isAsked = false
    const never = () => {
      isAsked = true
      return new Promise<never>(() => {})
    }
    const { server, at } = await start(never, { clock })
    const cut = onceEvent(ask(at(place), 'POST', '/api/restart'), 'error')
    await until(() => isAsked, 'the request')
    const before = clock.pendingTimers
    const closed = server.close()
    await until(() => clock.pendingTimers > before, 'the timer')
    clock.advance(2000)
    await turns(5)
    clock.advance(0)
    await closed
    expect(await cut).toMatchObject([{ code: 'ECONNRESET' }])
  })

  test('that streams events does not delay the end of the server', async () => {
    const { server, at } = await start(() => Promise.resolve({ pid: 1 }), { clock: new FakeClock() })
    // The stream is cut at the end.
    const asked = ask(at(place), 'GET', '/api/events').on('error', () => {})
    const [response] = await onceEvent(asked, 'response')
    ;(response as IncomingMessage).on('error', () => {}).resume()
    await expect(server.close()).resolves.toBeUndefined()
  })
})
