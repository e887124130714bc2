import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onceEvent } from '@ls/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LinkSocksServer } from '../server.js'
import type { ReverseTokenRequest } from '../tokens/token-requests.js'
import { ServerState } from './server-state.js'
import { formatState, type StoredToken } from './state-content.js'

let path: string
const servers: LinkSocksServer[] = []

beforeEach(() => (path = join(mkdtempSync(join(tmpdir(), 'ls-kept-')), 'state.json')))
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close()
  rmSync(join(path, '..'), { recursive: true })
})

function write(...tokens: StoredToken[]): void {
  writeFileSync(path, formatState({ tokens, made: {}, used: {} }))
}

async function read(): Promise<readonly StoredToken[]> {
  return (await ServerState.open(path)).found.tokens
}

/** Starts a server with this file, after `prepare` has added the tokens of flags. */
async function start(prepare: (server: LinkSocksServer) => unknown = () => {}): Promise<LinkSocksServer> {
  const server = new LinkSocksServer({
    host: '127.0.0.1',
    port: 0,
    api: { key: 'k' },
    state: await ServerState.open(path),
  })
  servers.push(server)
  await prepare(server)
  await server.listen()
  return server
}

const orphan = { kind: 'connector', token: 'c', reverseToken: 'x' } as const

describe('a token of the file that is also given as a flag', () => {
  test('does not come back once it was removed', async () => {
    write({ kind: 'forward', token: 'x' }, { kind: 'forward', token: 'y' })
    const server = await start((each) => each.addForwardToken('x'))
    await server.removeToken('x')
    expect(await read()).toEqual([{ kind: 'forward', token: 'y' }])
  })

  test('takes its connector tokens along', async () => {
    write({ kind: 'reverse', token: 'x', port: -1 }, orphan)
    const server = await start((each) => each.addForwardToken('x'))
    await server.removeToken('x')
    expect(await read()).toEqual([])
  })

  test('is in the file once when it was kept before the start', async () => {
    write({ kind: 'forward', token: 'x' })
    await start(async (each) => {
      each.addForwardToken('x', { policy: { maxLinks: 1 } })
      await each.keepToken('x')
    })
    await servers[0]?.keepToken('x')
    expect(await read()).toEqual([{ kind: 'forward', token: 'x', policy: { maxLinks: 1 } }])
  })
})

describe('a token of the file that could not be registered', () => {
  test('is replaced by one that is added again', async () => {
    write({ kind: 'reverse', token: 'x', port: 9870 }, { kind: 'reverse', token: 'y', port: 9870 })
    const server = await start()
    server.addForwardToken('y', { policy: { maxLinks: 1 } })
    await server.keepToken('y')
    expect((await read()).slice(1)).toEqual([{ kind: 'forward', token: 'y', policy: { maxLinks: 1 } }])
  })

  test('can be removed, with connector tokens that lead to it', async () => {
    write(orphan, { kind: 'forward', token: 'y' })
    const server = await start()
    expect({ first: await server.removeToken('x'), second: await server.removeToken('x'), read: await read() }).toEqual(
      { first: true, second: false, read: [{ kind: 'forward', token: 'y' }] },
    )
  })

  test('stays until it is removed', async () => {
    write(orphan)
    const server = await start()
    server.addForwardToken('y')
    await server.keepToken('y')
    expect(await read()).toEqual([{ kind: 'forward', token: 'y' }, orphan])
  })
})

describe('a write that fails', () => {
  function add(server: LinkSocksServer): void {
    server.addReverseToken({ token: 'r', socksPort: 'none' })
    server.addConnectorToken({ token: 'c', reverseToken: 'r' })
  }

  async function addAgain(server: LinkSocksServer): Promise<unknown> {
    const body = JSON.stringify({ type: 'connector', token: 'c', reverse_token: 'r' })
    const request = { method: 'POST', headers: { 'x-api-key': 'k' }, body }
    const answer = await fetch(`http://127.0.0.1:${server.address?.port}/api/token`, request)
    return ((await answer.json()) as { success: unknown }).success
  }

  test.each([false, true])('leaves the token that was there before; kept: %s', async (kept) => {
    const server = await start(add)
    if (kept) await server.keepToken('c')
    // A folder of that name cannot be opened for writing.
    mkdirSync(`${path}.new`)
    const success = await addAgain(server)
    const found = server.tokens().find(({ token }) => token === 'c')
    expect({ success, kept: found?.kept }).toEqual({ success: false, kept })
  })

  test('removes a new token', async () => {
    const server = await start(add)
    mkdirSync(`${path}.new`)
    await expect(server.keepToken('c')).rejects.toMatchObject({ code: 'ERR_SERVER_STATE' })
    expect(server.tokens().map(({ token }) => token)).toEqual(['r'])
  })
})

test('a connector token that shares the policy of its reverse token comes back under it', async () => {
  const first = await start()
  first.addReverseToken({ token: 'r', socksPort: 'none', policy: { maxLinks: 1 } })
  first.addConnectorToken({ token: 'c', reverseToken: 'r', sharesPolicy: true })
  for (const token of ['r', 'c']) await first.keepToken(token)
  const written = await read()
  const second = await start()
  second.addForwardToken('other')
  await second.keepToken('other')
  const connector = { kind: 'connector', token: 'c', reverseToken: 'r', sharesPolicy: true }
  expect({ first: written[1], second: (await read())[1] }).toEqual({ first: connector, second: connector })
})

describe('a reverse token with accounts and addresses of its own', () => {
  const requests: ReverseTokenRequest[] = [
    { token: 'x', socksPort: 0, accounts: [{ username: 'ada', password: 'secret' }], socksNowait: false },
    { token: 'y', socksPort: 0, socksHost: '127.0.0.2' },
    { token: 'z', socksListen: ['127.0.0.1:0'], username: 'ada', password: 'secret' },
  ]

  test('comes back as it was', async () => {
    const first = await start()
    for (const request of requests) {
      first.addReverseToken(request)
      await first.keepToken(request.token ?? '')
    }
    const written = await read()
    const second = await start()
    second.addForwardToken('other')
    await second.keepToken('other')
    const expected = requests.map((request) => ({
      kind: 'reverse',
      port: request.socksListen ? -1 : 0,
      ...stored(request),
    }))
    expect({ written, read: (await read()).slice(0, -1) }).toEqual({ written: expected, read: expected })
  })

  test('asks for its accounts at its port again', async () => {
    const first = await start()
    first.addReverseToken({
      token: 'x',
      socksPort: 0,
      accounts: [{ username: 'ada', password: 's' }],
      socksNowait: true,
    })
    await first.keepToken('x')
    const second = new LinkSocksServer({ host: '127.0.0.1', port: 0, state: await ServerState.open(path) })
    servers.push(second)
    const open = onceEvent(second, 'socksListening')
    await second.listen()
    const [address] = await open
    const socket = connect((address as { readonly port: number }).port, '127.0.0.1').end(Buffer.from([5, 1, 0]))
    const [answer] = await onceEvent(socket, 'data')
    expect(answer).toEqual(Buffer.from([5, 0xff]))
  })
})

function stored({ socksPort: _port, ...request }: ReverseTokenRequest): object {
  return request
}
