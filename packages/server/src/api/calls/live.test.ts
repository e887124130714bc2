import { sessionMs } from '@ls/observe/http'
import { FakeClock, within } from '@ls/testkit'
import { afterEach, describe, expect, test } from 'vitest'
import { LinkSocksServer } from '../../server.js'

/** Heartbeat of the event stream, in milliseconds. */
const heartbeatMs = 15_000

let server: LinkSocksServer | undefined
let clock: FakeClock

afterEach(() => server?.close())

/** A server with a dashboard at which a user has signed in. */
async function signedIn(): Promise<{ root: string; cookie: string; key: string }> {
  clock = new FakeClock()
  const key = 'sekret'
  server = new LinkSocksServer({ host: '127.0.0.1', port: 0, api: { key, dashboard: async () => new Map() }, clock })
  await server.listen()
  const root = `http://127.0.0.1:${server.address?.port}/api/`
  const opened = await fetch(`${root}session`, { method: 'POST', headers: { 'x-api-key': key } })
  return { root, key, cookie: opened.headers.get('set-cookie')?.split(';')[0] ?? '' }
}

/** Opens the stream of events, and reads its first part. */
async function open(root: string, headers: Record<string, string>) {
  const reader = (await fetch(`${root}events`, { headers })).body?.getReader()
  await reader?.read()
  return { reader, whenOver: () => within(readToEnd(reader), 'the stream to be over') }
}

async function readToEnd(reader: ReadableStreamDefaultReader | undefined): Promise<string> {
  try {
    while ((await reader?.read())?.done === false);
  } catch {
    // A cut ends the stream too.
  }
  return 'over'
}

describe('GET /api/events', () => {
  test('ends when its reader signs out', async () => {
    const { root, cookie } = await signedIn()
    const { whenOver } = await open(root, { cookie })
    await fetch(`${root}session`, { method: 'DELETE', headers: { cookie, origin: new URL(root).origin } })
    expect(await whenOver()).toBe('over')
  })

  test('is over when the session has reached its end', async () => {
    const { root, cookie } = await signedIn()
    const { whenOver } = await open(root, { cookie })
    clock.advance(sessionMs)
    expect(await whenOver()).toBe('over')
  })

  test('continues for other readers', async () => {
    const { root, cookie, key } = await signedIn()
    const { reader } = await open(root, { 'x-api-key': key })
    await fetch(`${root}session`, { method: 'DELETE', headers: { cookie, origin: new URL(root).origin } })
    const next = reader?.read()
    clock.advance(heartbeatMs)
    expect(new TextDecoder().decode((await next)?.value)).toBe(': alive\n\n')
  })
})
