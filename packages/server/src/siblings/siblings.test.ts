import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Snapshot } from '@ls/foundation'
import { until } from '@ls/testkit'
import { connect, formatAuthQuery, type WebSocketTransport } from '@ls/transport'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { ServerOptions } from '../options/server-options.js'
import { LinkSocksServer } from '../server.js'

let folder: string
let servers: LinkSocksServer[]
let links: WebSocketTransport[]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ls-'))
  servers = []
  links = []
})
afterEach(async () => {
  // Nothing reads them, so a server that closes would wait 5 s for their answer.
  for (const link of links) link.destroy()
  await Promise.all(servers.map((server) => server.close()))
  rmSync(folder, { recursive: true })
})

/** Two processes of one server, with a token `f`. */
async function start(api: ServerOptions['api'] = {}) {
  const paths = ['a', 'b'].map((name) => join(folder, name))
  const mergeSnapshots = (all: readonly Snapshot[]): Snapshot => {
    const [first] = all
    return { ...first!, links: { ...first!.links, up: all.reduce((sum, { links }) => sum + links.up, 0) } }
  }
  for (const ownPath of paths) {
    const siblings = { ownPath, others: () => paths.filter((path) => path !== ownPath), mergeSnapshots }
    const server = new LinkSocksServer({ host: '127.0.0.1', port: 0, api: { key: 'key', siblings, ...api } })
    server.addForwardToken('f')
    await server.listen()
    servers.push(server)
  }
  const [first, second] = servers as [LinkSocksServer, LinkSocksServer]
  return { first, second, paths }
}

/** Calls the API of a server. */
async function call(server: LinkSocksServer, method: string, path: string, body?: object) {
  const headers = { 'x-api-key': 'key' }
  const url = `http://127.0.0.1:${server.address?.port}${path}`
  const answer = await fetch(url, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  const text = await answer.text()
  const isJson = answer.headers.get('content-type') === 'application/json'
  return { status: answer.status, body: (isJson ? JSON.parse(text) : text) as never, headers: answer.headers }
}

/** Reads the events of a server. */
async function watch(server: LinkSocksServer, query: string, lastId?: string) {
  const headers = { 'x-api-key': 'key', ...(lastId === undefined ? {} : { 'last-event-id': lastId }) }
  const stop = new AbortController()
  const url = `http://127.0.0.1:${server.address?.port}/api/events?${query}`
  const answer = await fetch(url, { headers, signal: stop.signal })
  let text = ''
  const over = (async () => {
    for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>) text += Buffer.from(chunk).toString()
  })().catch(() => {})
  const events = {
    get all() {
      const frames = text.split('\n\n').slice(0, -1)
      return frames.flatMap((frame) => {
        const [, name, data] = /^event: (\S+)\n(?:id: \S+\n)?data: (.*)$/.exec(frame) ?? []
        return name === undefined ? [] : [{ name, data: JSON.parse(data ?? '') as object }]
      })
    },
    named: (wanted: string) => events.all.filter(({ name }) => name === wanted).map(({ data }) => data),
    lastId: () => [...text.matchAll(/^id: (\S+)$/gm)].at(-1)?.[1],
    until,
    end: async () => {
      stop.abort()
      await over
    },
  }
  await until(() => events.all.length > 0, 'the first event')
  return events
}

/** Links clients to a server. */
async function link(server: LinkSocksServer, count: number): Promise<void> {
  const before = server.peers.size
  const url = new URL(`ws://127.0.0.1:${server.address?.port}/socket`)
  for (let made = 0; made < count; made++) links.push(await connect({ url: formatAuthQuery(url, { token: 'f' }) }))
  await until(() => server.peers.size === before + count, 'the links')
}

/** Ids of the links of a server itself. */
async function idsOf(path: string): Promise<string[]> {
  const body = await new Promise<string>((resolve) => {
    const options = { socketPath: path, path: '/api/links', headers: { 'x-linksocks-alone': '1' } }
    request(options, (response) => resolve(read(response))).end()
  })
  return (JSON.parse(body) as { links: { id: string }[] }).links.map(({ id }) => id)
}

async function read(response: AsyncIterable<Buffer>): Promise<string> {
  let text = ''
  for await (const chunk of response) text += chunk.toString()
  return text
}

describe('the API of several processes', () => {
  test('counts the clients of a token in all', async () => {
    const { first, second } = await start()
    await link(first, 1)
    await link(second, 2)
    const status = await call(first, 'GET', '/api/status')
    const tokens = await call(second, 'GET', '/api/tokens')
    const token = await call(second, 'GET', '/api/token/f')
    expect({ status: status.body, tokens: tokens.body, token: token.body }).toMatchObject({
      status: { tokens: [{ token: 'f', clients_count: 3 }] },
      tokens: [{ clients_count: 3 }],
      token: { token: 'f', clients_count: 3 },
    })
  })

  test('lists the links of all, a page at a time', async () => {
    const { first, second, paths } = await start()
    await link(first, 2)
    await link(second, 2)
    const all = [...(await idsOf(paths[0]!)), ...(await idsOf(paths[1]!))].toSorted()
    const page = async (offset: number) => {
      const { body } = await call(first, 'GET', `/api/links?limit=3&offset=${offset}&sort=channels`)
      return body as { total: number; links: { id: string }[] }
    }
    const [one, two] = [await page(0), await page(3)]
    const ids = [...one.links, ...two.links].map(({ id }) => id)
    expect({ total: one.total, ids: ids.toSorted() }).toEqual({ total: 4, ids: all })
  })

  test.each(['limit=0', 'limit=ten', 'limit=2&limit=3', 'offset=-1'])(
    'refuses the page %s, as one process does',
    async (page) => {
      const { first } = await start()
      expect(await call(first, 'GET', `/api/links?${page}`)).toMatchObject({ status: 400 })
    },
  )

  test('refuses a page that is too far for a merge', async () => {
    const { first } = await start()
    expect(await call(first, 'GET', '/api/links?limit=1000&offset=1')).toMatchObject({ status: 400 })
  })

  test('ends a link of another process', async () => {
    const { first, second, paths } = await start()
    await link(second, 1)
    const [id] = await idsOf(paths[1]!)
    const { status } = await call(first, 'DELETE', `/api/links/${id}`)
    await until(() => second.peers.size === 0, 'the end of the link')
    expect(status).toBe(200)
  })

  test('answers 404 for a link that none has', async () => {
    const { first } = await start()
    expect(await call(first, 'DELETE', '/api/links/none')).toMatchObject({
      status: 404,
      body: { error: 'link does not exist' },
    })
  })

  test('adds up the numbers, and writes them as metrics', async () => {
    const writeMetrics = (_accept: string | undefined, snapshot?: Snapshot) =>
      Promise.resolve({ contentType: 'text/plain', body: `up ${snapshot?.links.up}` })
    const { first, second } = await start({ writeMetrics })
    await link(first, 1)
    await link(second, 1)
    const { body: snapshot } = await call(first, 'GET', '/api/snapshot')
    const { body: metrics } = await call(second, 'GET', '/api/metrics')
    expect({ snapshot, metrics }).toMatchObject({ snapshot: { links: { up: 2 } }, metrics: 'up 2' })
  })

  test('removes a token in all', async () => {
    const { first, second } = await start()
    await call(first, 'DELETE', '/api/token/f')
    expect({ first: first.tokens(), second: second.tokens() }).toEqual({ first: [], second: [] })
  })

  test('reloads in all, and answers with the reason of the one that could not', async () => {
    let calls = 0
    const reload = async (): Promise<readonly string[]> => {
      if (++calls === 2) throw new Error('the port is taken')
      return []
    }
    const { first } = await start({ reload })
    expect(await call(first, 'POST', '/api/reload')).toMatchObject({
      status: 422,
      body: { success: false, error: 'the port is taken' },
    })
  })

  test('streams the events of all, those of a process that comes later too, and leaves out what is not wanted', async () => {
    const { first, second } = await start()
    const events = await watch(first, 'kinds=link')
    await link(second, 1)
    await link(first, 1)
    await events.until(() => events.named('link-opened').length === 2, 'both links')
    await link(first, 1)
    await call(second, 'GET', '/api/links?limit=none')
    await call(first, 'DELETE', '/api/token/f')
    await events.until(() => events.named('link-closed').length === 3, 'their ends')
    expect(new Set(events.all.map(({ name }) => name))).toEqual(new Set(['hello', 'link-opened', 'link-closed']))
  })

  test('streams numbers that are added up', async () => {
    const { first, second } = await start()
    await link(first, 1)
    await link(second, 2)
    const events = await watch(first, 'snapshot=1s')
    await events.until(() => events.named('snapshot').length > 0, 'the numbers')
    expect(events.named('snapshot')[0]).toMatchObject({ links: { up: 3 } })
  })

  test('sends again what a reader that comes back has missed', async () => {
    const { first, second } = await start()
    const events = await watch(first, 'kinds=link')
    const lastId = events.lastId()
    await events.end()
    await link(second, 1)
    const again = await watch(first, 'kinds=link', lastId)
    await again.until(() => again.named('link-opened').length === 1, 'the missed event')
    expect(again.all[0]).toEqual({ name: 'hello', data: { replayed: 1 } })
  })

  test('ends a session of the dashboard in all', async () => {
    const { first, second } = await start({ dashboard: () => Promise.resolve(new Map()) })
    const { headers } = await call(first, 'POST', '/api/session')
    const [cookie = ''] = (headers.get('set-cookie') ?? '').split(';')
    const ask = async (server: LinkSocksServer, method: string) => {
      const url = new URL(`http://127.0.0.1:${server.address?.port}/api/session`)
      return (await fetch(url, { method, headers: { cookie, origin: url.origin } })).status
    }
    const before = await ask(second, 'GET')
    const ended = await ask(first, 'DELETE')
    expect({ before, ended, after: await ask(second, 'GET') }).toEqual({ before: 200, ended: 200, after: 401 })
  })

  test('answers without a process that has ended', async () => {
    const { first, second } = await start()
    await second.close()
    expect(await call(first, 'GET', '/api/channels')).toMatchObject({ status: 200, body: [] })
  })

  test('makes a ticket for all, and takes it back in all', async () => {
    const { first, second } = await start()
    const { body } = await call(first, 'POST', '/api/ticket', { token: 'f' })
    const { ticket } = body as { ticket: string }
    const url = new URL(`ws://127.0.0.1:${second.address?.port}/socket`)
    const transport = await connect({ url: formatAuthQuery(url, { token: ticket }) })
    await until(() => second.peers.size === 1, 'a link with the ticket')
    const { body: removed } = await call(first, 'DELETE', `/api/ticket/${ticket}`)
    await until(() => second.peers.size === 0, 'the end of the link')
    transport.destroy()
    const again = await call(second, 'DELETE', `/api/ticket/${ticket}`)
    expect({ removed, again: again.body }).toMatchObject({ removed: { success: true }, again: { success: false } })
  })

  test('takes no text of a ticket from a user', async () => {
    const { first } = await start()
    expect(await call(first, 'POST', '/api/ticket', { token: 'f', ticket: 'mine' })).toMatchObject({ status: 400 })
  })
})
