import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { type AddressInfo, connect as dial } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LinkSocksClient, type ClientOptions } from '@ls/client'
import { echoServer, freePort, onceEvent, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, awaitedLater, closing } from '../../stress/cleanup.js'
import { Program } from '../program.js'

const headers = { 'x-api-key': 'key' }

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'ls-'))
  afterTest(() => rmSync(path, { recursive: true, force: true }))
  return path
}

/** A server with two workers and an API. */
async function start(...words: string[]) {
  const port = await freePort()
  const places = ['--ws-host', '127.0.0.1', '--ws-port', String(port), '--guard', 'none']
  const program = new Program('server', '--workers', '2', '--api-key', 'key', ...places, ...words)
  await program.printed(/all workers serve/)
  await until(() => [...program.output.matchAll(/state=up/g)].length >= 2, 'two workers that know each other', {
    timeoutMs: 15_000,
  })
  const call = async (method: string, path: string, body?: object) => {
    const text = body === undefined ? {} : { body: JSON.stringify(body) }
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, ...text })
    return (await answer.json()) as Readonly<Record<string, unknown>>
  }
  return { program, call, url: `ws://127.0.0.1:${port}` }
}

async function link(url: string, options: ClientOptions): Promise<LinkSocksClient> {
  const client = closing(new LinkSocksClient({ url, reconnect: { delayMs: 10 }, ...options }))
  await client.start()
  return client
}

const isLinkedIn = ({ output }: Program, worker: number): boolean =>
  new RegExp(`client connected.*worker=${worker}`).test(output)

/** Some tests start two servers of three processes each, which take 15 s on a busy machine. */
const timeout = 60_000

describe.skipIf(process.platform !== 'linux')('the API of a server with two workers', { timeout }, () => {
  test('adds a token for all workers, counts its clients in all, and cuts them in all', async () => {
    const { call, url, program } = await start()
    const { token = '' } = (await call('POST', '/api/token', { type: 'forward' })) as { token?: string }
    const users: LinkSocksClient[] = []
    for (let count = 0; count < 4; count++) users.push(await link(url, { token, proxy: 'none', reconnect: false }))
    await until(() => isLinkedIn(program, 0) && isLinkedIn(program, 1), 'links in both workers')
    await expect
      .poll(async () => (await call('GET', '/api/status'))['tokens'], { timeout: 15_000 })
      .toMatchObject([{ token, clients_count: 4 }])
    const ended = awaitedLater(Promise.all(users.map((user) => onceEvent(user, 'linkDown'))))
    await call('DELETE', `/api/token/${token}`)
    expect(await ended).toHaveLength(4)
  })

  test('streams the events of all workers, and has the dashboard', async () => {
    const { url, program } = await start('-t', 'f')
    const api = url.replace('ws', 'http')
    const stop = new AbortController()
    afterTest(() => stop.abort())
    const answer = await fetch(`${api}/api/events?kinds=link&snapshot=1s`, { headers, signal: stop.signal })
    let text = ''
    void (async () => {
      for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>)
        text += Buffer.from(chunk).toString()
    })().catch(() => {})
    await until(() => text.includes('event: hello'), 'the stream')
    for (let count = 0; count < 4; count++) await link(url, { token: 'f', proxy: 'none' })
    await until(() => isLinkedIn(program, 0) && isLinkedIn(program, 1), 'links in both workers')
    await until(() => [...text.matchAll(/^event: link-opened$/gm)].length === 4, 'the events of all links')
    await until(() => /^data: .*"links":{"up":4,/m.test(text), 'numbers of both workers', { timeoutMs: 15_000 })
    const page = await fetch(`${api}/dashboard/`)
    expect({ status: page.status, isShown: /^dashboard: /m.test(program.output) }).toEqual({
      status: 200,
      isShown: true,
    })
  })

  test('makes a ticket that one client uses at all workers, and no other at any', async () => {
    const { call, url, program } = await start('-t', 'f')
    const { ticket = '' } = (await call('POST', '/api/ticket', { token: 'f' })) as { ticket?: string }
    // Links go to the workers in turn.
    await link(url, { token: ticket, proxy: 'none', threads: 4 })
    await until(() => isLinkedIn(program, 0) && isLinkedIn(program, 1), 'links in both workers')
    const others = [1, 2].map(() => link(url, { token: ticket, proxy: 'none', reconnect: false }))
    const outcomes = await Promise.allSettled(others)
    const reasons = outcomes.map((outcome) => (outcome.status === 'rejected' ? String(outcome.reason) : 'linked'))
    expect(reasons).toEqual([1, 2].map(() => expect.stringContaining('the ticket has been used') as string))
  })

  test('admits a client with a ticket that is older than its worker', async () => {
    const { call, url, program } = await start('-t', 'f')
    const { ticket = '' } = (await call('POST', '/api/ticket', { token: 'f' })) as { ticket?: string }
    await call('POST', '/api/restart')
    await until(() => /new workers have taken over/.test(program.output), 'new workers', { timeoutMs: 30_000 })
    const user = await link(url, { token: ticket, proxy: 'none', reconnect: false })
    expect(user.sessions).toHaveLength(1)
  })

  test('drains all workers', async () => {
    const { call, program } = await start()
    await call('POST', '/api/drain')
    expect(await program.exit()).toBe(0)
  })

  test('replaces all workers, and says when it has', async () => {
    const { call, program } = await start('-t', 'f')
    expect(await call('POST', '/api/restart')).toEqual({ success: true, pid: program.pid })
    // The worker that got the request passes the answer on before it leaves, so the line comes later.
    await until(() => /new workers have taken over/.test(program.output), 'the line that says so', {
      timeoutMs: 30_000,
    })
  })

  test('answers the owner at the socket, without the key', async () => {
    const path = join(folder(), 'api')
    await start('--api-socket', path, '-t', 'f')
    const status = await new Promise((resolve, reject) => {
      const call = request({ socketPath: path, path: '/api/status' }, (response) => resolve(response.statusCode))
      call.on('error', reject).end()
    })
    expect(status).toBe(200)
  })

  test('keeps tokens of the API in the state file, over a restart', async () => {
    const state = join(folder(), 'state.json')
    const first = await start('--state', state)
    const { token = '' } = (await first.call('POST', '/api/token', { type: 'forward' })) as { token?: string }
    const isWritten = readFileSync(state, 'utf8').includes(token)
    first.program.kill('SIGTERM')
    await first.program.exit()
    const second = await start('--state', state)
    const users = [await link(second.url, { token, proxy: 'none' }), await link(second.url, { token, proxy: 'none' })]
    // A client is linked a little earlier than its worker counts it.
    await expect
      .poll(async () => ({ isWritten, shown: await second.call('GET', `/api/token/${token}`) }))
      .toMatchObject({ isWritten: true, shown: { kept: true, clients_count: users.length } })
  })

  test('keeps a generated token over a restart', async () => {
    const state = join(folder(), 'state.json')
    const words = ['--state', state, '-t', 'f', '-r', '-c', 'c'] as const
    const first = await start(...words)
    first.program.kill('SIGTERM')
    await first.program.exit()
    const made = (JSON.parse(readFileSync(state, 'utf8')) as { made: Record<string, string> }).made
    const second = await start(...words)
    second.program.kill('SIGTERM')
    await second.program.exit()
    expect((JSON.parse(readFileSync(state, 'utf8')) as { made: Record<string, string> }).made).toEqual(made)
  })

  test('serves the host name of a provider in all workers, and refuses it to another token', async () => {
    const port = await freePort()
    const site = createServer((_request, response) => response.end('the site')).listen(0, '127.0.0.1')
    afterTest(() => site.close())
    await onceEvent(site, 'listening')
    const { url, call } = await start('--allow-hosts', '*.example', '--expose-http-port', String(port))
    const exposes = [`http:app.example=127.0.0.1:${(site.address() as AddressInfo).port}`]
    const provide = async (): Promise<LinkSocksClient> => {
      const { token = '' } = (await call('POST', '/api/token', { type: 'reverse', port: -1 })) as { token?: string }
      return link(url, { token, role: 'provider', exposes })
    }
    const visit = (): Promise<string> =>
      new Promise((resolve, reject) => {
        const asked = request({ port, host: '127.0.0.1', headers: { host: 'app.example' }, agent: false }, (answer) => {
          let text = `${answer.statusCode} `
          answer.setEncoding('utf8').on('data', (part: string) => (text += part))
          answer.on('end', () => resolve(text))
        })
        asked.on('error', reject).end()
      })
    const owner = await provide()
    const both = async () => [await visit(), await visit()]
    await expect.poll(both, { timeout: 15_000 }).toEqual(['200 the site', '200 the site'])
    // Connections go to the workers in turn.
    const visits = await Promise.all([visit(), visit(), visit(), visit()])
    const other = await provide()
    const owners = ((await call('GET', '/api/ports')) as unknown as readonly object[]).length
    await other.close()
    await owner.close()
    const statuses = async () => [await visit(), await visit()].map((answer) => answer.slice(0, 3))
    await expect.poll(statuses, { timeout: 15_000 }).toEqual(['404', '404'])
    expect({ visits, owners }).toEqual({ visits: Array.from({ length: 4 }, () => '200 the site'), owners: 1 })
  })

  test('opens a port for a provider in one worker only, and refuses it to another token', async () => {
    const port = await freePort()
    const echo = closing(await echoServer())
    const { url, call } = await start('--allow-ports', String(port))
    const provide = async (): Promise<LinkSocksClient> => {
      const { token = '' } = (await call('POST', '/api/token', { type: 'reverse', port: -1 })) as { token?: string }
      return link(url, { token, role: 'provider', exposes: [`${port}=127.0.0.1:${echo.port}`] })
    }
    // Links go to the workers in turn.
    await Promise.all([provide(), provide()])
    await expect.poll(async () => call('GET', '/api/ports'), { timeout: 15_000 }).toHaveLength(1)
    const socket = dial(port, '127.0.0.1')
    afterTest(() => socket.destroy())
    socket.write('hello')
    const [answer] = await onceEvent(socket, 'data')
    const open = (await call('GET', '/api/ports')) as unknown as readonly object[]
    expect({ answer: String(answer), ports: open.length }).toEqual({ answer: 'hello', ports: 1 })
  })

  test('opens a UDP port of the operator in one worker, so that a sender keeps its association', async () => {
    const port = await freePort()
    const target = createSocket('udp4')
    const [senders, answers] = [new Set<number>(), new Set<string>()]
    target.on('message', (payload, from) => {
      senders.add(from.port)
      target.send(payload, from.port, from.address)
    })
    target.bind(0, '127.0.0.1')
    await once(target, 'listening')
    const socket = createSocket('udp4').on('message', (payload) => answers.add(String(payload)))
    afterTest(() => [target, socket].forEach((each) => each.close()))
    const { url, program } = await start('-t', 'r', '-r', '--expose', `udp:${port}=127.0.0.1:${target.address().port}`)
    // Links go to the workers in turn, as other connections do.
    for (let links = 0; links < 4; links++) await link(url, { token: 'r', role: 'provider' })
    await until(() => isLinkedIn(program, 0) && isLinkedIn(program, 1), 'providers in both workers')
    const ask = (): boolean => {
      socket.send('first', port, '127.0.0.1')
      return answers.has('first')
    }
    await expect.poll(ask, { timeout: 15_000 }).toBe(true)
    for (let sent = 0; sent < 20; sent++) socket.send(`more ${sent}`, port, '127.0.0.1')
    await until(() => answers.size === 21, 'all answers')
    expect(senders.size).toBe(1)
  })
})
