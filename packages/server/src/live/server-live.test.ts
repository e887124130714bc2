import { decode, MessageType } from '@ls/codec'
import { systemClock } from '@ls/foundation'
import { type ChannelCloseReason, MessageReader, Session } from '@ls/mux'
import { echoServer, type TestTcpServer, until } from '@ls/testkit'
import { connect, formatAuthQuery } from '@ls/transport'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LinkSocksServer } from '../server.js'
import { instanceId } from '../tokens/token-text.js'

let server: LinkSocksServer
let target: TestTcpServer
const streams = new Set<AbortController>()

beforeEach(async () => {
  target = await echoServer()
  server = new LinkSocksServer({ host: '127.0.0.1', port: 0, api: { key: 'sekret' } })
  await server.listen()
})

afterEach(async () => {
  for (const stream of streams) stream.abort()
  await Promise.all([server.close(), target.close()])
})

const url = (path: string): string => `http://127.0.0.1:${server.address?.port}${path}`
const headers = { 'x-api-key': 'sekret' }

async function call(method: string, path: string): Promise<unknown> {
  const answer = await fetch(url(path), { method, headers })
  return answer.json()
}

interface Told {
  readonly name: string
  readonly data: Record<string, unknown>
}

/** Reads events into a list; resolves when the server has sent its first event. */
async function watch(query = ''): Promise<Told[]> {
  const stream = new AbortController()
  streams.add(stream)
  const answer = await fetch(url(`/api/events${query}`), { headers, signal: stream.signal })
  const told: Told[] = []
  void readEvents(answer, told).catch(() => {})
  await until(() => told.length > 0, 'the greeting')
  return told
}

async function readEvents(answer: Response, told: Told[]): Promise<void> {
  let rest = ''
  for await (const chunk of answer.body!.pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split('\n\n')
    rest = parts.pop() ?? ''
    for (const part of parts) {
      const fields = new Map(part.split('\n').map((line) => line.split(/: (.*)/s, 2) as [string, string]))
      const [name, data] = [fields.get('event'), fields.get('data')]
      if (name !== undefined && data !== undefined) told.push({ name, data: JSON.parse(data) as Told['data'] })
    }
  }
}

const named = (told: readonly Told[], name: string): Told['data'] | undefined =>
  told.find((event) => event.name === name)?.data

/** A client of the base protocol with one channel to the target. */
async function openChannel(token = server.addForwardToken('t', { policy: { name: 'ada' } })) {
  const transport = await connect({ url: formatAuthQuery(new URL(url('/socket').replace('http', 'ws')), { token }) })
  expect(decode(await new MessageReader(transport, systemClock).next(5000))).toMatchObject({
    type: MessageType.AuthResponse,
    success: true,
  })
  const session = new Session({ autoConsume: true })
  session.attach(transport)
  const echoed: Uint8Array[] = []
  const closed = new Promise<ChannelCloseReason>((resolve) => {
    const channel = session.open(
      { protocol: 'tcp', address: { host: target.host, port: target.port } },
      { onData: (bytes) => void echoed.push(bytes), onClose: resolve },
    )
    channel.send(Buffer.from('hello'))
  })
  await until(() => echoed.length > 0, 'the echo')
  return { session, closed }
}

interface Rows {
  readonly [name: string]: readonly Record<string, unknown>[]
}

describe('the live view of a server', () => {
  test('reports a link and its connection, and cuts the connection', async () => {
    const told = await watch('?snapshot=1s')
    const { closed } = await openChannel()
    await until(() => named(told, 'connection-opened') !== undefined, 'the connection')
    const place = `127.0.0.1:${target.port}`
    const { connections = [] } = (await call('GET', '/api/connections?sort=bytes&q=ADA')) as Rows
    expect(connections).toMatchObject([{ target: place, token_name: 'ada', bytes_to_target: 5, bytes_from_target: 5 }])
    await call('DELETE', `/api/connections/${String(connections[0]?.['id'])}`)
    expect(await closed).toMatchObject({ error: 'forbidden: closed by the administrator' })
    await until(() => named(told, 'connection-closed') !== undefined, 'the end of the connection')
    const link = named(told, 'link-opened')
    const ended = { target: place, link_id: link?.['id'], bytes_to_target: 5, bytes_from_target: 5, outcome: 'aborted' }
    expect(named(told, 'connection-closed')).toMatchObject(ended)
    expect(named(told, 'snapshot')).toMatchObject({ ready: true, links: { up: 0 } })
    const { links } = (await call('GET', '/api/links')) as Rows
    expect(links).toMatchObject([{ id: link?.['id'], state: 'up', channels: 0, bytes_to_target: 5, resumes: 0 }])
  })

  test('ends a link', async () => {
    const { session } = await openChannel()
    const told = await watch('?kinds=link')
    const { links = [] } = (await call('GET', '/api/links')) as Rows
    await call('DELETE', `/api/links/${String(links[0]?.['id'])}`)
    await until(() => session.state === 'closed' && named(told, 'link-closed') !== undefined, 'the end of the link')
    expect(named(told, 'link-closed')).toMatchObject({ reason: 'closed by the administrator', token_name: 'ada' })
  })

  test('names the process of a link by another text than that which it sends', async () => {
    const told = await watch('?kinds=link')
    await openChannel()
    const { links = [] } = (await call('GET', '/api/links')) as Rows
    await until(() => named(told, 'link-opened') !== undefined, 'the link')
    const [peer] = server.peers
    const listed = links[0]?.['instance']
    const shown = named(told, 'link-opened')?.['instance']
    const id = instanceId(peer?.instance ?? '')
    expect({ sent: peer?.instance.length, listed, shown }).toEqual({ sent: 32, listed: id, shown: id })
  })

  test('reports refusals and reloads', async () => {
    const told = await watch()
    await fetch(url('/api/links'), { headers: { 'x-api-key': 'wrong' } })
    server.reloaded(['one change'])
    server.reloaded(new Error('no file'))
    await until(() => told.length === 4, 'three events')
    expect(told.slice(1).map(({ name, data }) => ({ name, ...data }))).toMatchObject([
      { name: 'refusal', client_address: '127.0.0.1', reason: 'wrong API key', cause: 'api-key' },
      { name: 'reload', success: true, changes: ['one change'] },
      { name: 'reload', success: false, error: 'no file' },
    ])
  })
})
