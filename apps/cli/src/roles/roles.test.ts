import { execFileSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@ls/foundation'
import { connect } from '@ls/socks5/node'
import { echoServer, freePort, onceEvent, tcpServer, turns, until } from '@ls/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { commandContext } from '../../testing/command-context.js'
import type { CommandContext } from '../commands/context.js'
import { loadConfig } from '../config/load-config.js'
import { Roles } from './roles.js'

let folder = ''
let file = ''
let stop = new AbortController()
let printed: string[] = []
let logged: string[] = []
let roles: Roles

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'roles-'))
  file = join(folder, 'f.yaml')
  stop = new AbortController()
  printed = []
  logged = []
})
afterEach(async () => {
  stop.abort()
  await roles.close()
  rmSync(folder, { recursive: true })
})

/** Paths of UNIX sockets: no other program can take them. */
const at = (name: string): string => `unix:${join(folder, name)}`
const isOpen = (name: string): boolean => existsSync(join(folder, name))

/** A file in JSON, which is YAML. */
function write(config: object): void {
  writeFileSync(file, JSON.stringify(config))
}

async function start(config: object): Promise<void> {
  write(config)
  roles = new Roles({ file: loadConfig(file, {}), environment: {}, onEnd: () => {} }, context())
  await roles.start()
}

function context(): CommandContext {
  const log = (_fields: object, text = ''): void => void logged.push(text)
  const logger = { ...silentLogger, info: log, warn: log, error: log, child: () => logger }
  return { ...commandContext(), logger, stop: stop.signal, print: (line) => void printed.push(line) }
}

const server = { 'ws-host': '', token: 'my_token', guard: 'none' }
const withServer = (more: object = {}): object => ({ main: { ...server, 'ws-host': at('links'), ...more } })
const withClient = (more: object = {}): object => ({
  home: { url: `ws+unix://${join(folder, 'links')}`, token: 'my_token', 'socks-listen': ['127.0.0.1:0'], ...more },
})

async function proxyPort(): Promise<number> {
  const line = (): string | undefined => printed.find((each) => each.startsWith('[home] proxy: 127'))
  await until(() => line() !== undefined, 'the proxy port')
  return Number(line()?.split(':').at(-1))
}

async function channelTo(port: number): Promise<Socket> {
  const proxy = { host: '127.0.0.1', port: await proxyPort() }
  return connect({ proxy, target: { host: '127.0.0.1', port } })
}

describe('Roles.reload', () => {
  test('says that nothing changed when nothing did', async () => {
    await start({ servers: withServer() })
    expect(await roles.reload()).toEqual([])
  })

  test('lets other work go on while it registers thousands of tokens', async () => {
    await start({ servers: withServer() })
    const tokens = Array.from({ length: 2000 }, (_none, index) => ({
      token: `t${index}`,
      policy: { name: `n${index}` },
    }))
    write({ servers: withServer({ tokens }) })
    let turns = 0
    const turn = (): void => {
      turns++
      next = setImmediate(turn)
    }
    let next = setImmediate(turn)
    await roles.reload()
    clearImmediate(next)
    expect(turns).toBeGreaterThan(3)
  })

  test('is done once for all requests that come before it begins', async () => {
    await start({ servers: withServer() })
    const all = Array.from({ length: 100 }, () => roles.reload())
    await all[0]
    expect(await Promise.all(all)).toHaveLength(100)
    expect(logged.filter((line) => line.startsWith('the configuration was read again'))).toHaveLength(1)
  })

  test('is done again for a request that comes while the file is read', async () => {
    await start({ servers: withServer() })
    const first = roles.reload()
    await turns(1)
    write({ servers: withServer({ 'ws-host': at('links2') }) })
    const second = await roles.reload()
    expect({ first: await first, second }).toEqual({
      first: [],
      second: ['servers.main: new links are accepted at another address'],
    })
  })

  test.skipIf(process.platform === 'win32')('does not wait for the writer of a pipe', async () => {
    await start({ servers: withServer() })
    rmSync(file)
    execFileSync('mkfifo', [file])
    await expect(roles.reload()).rejects.toThrow('is a pipe that nothing is written to')
  })

  test.skipIf(process.platform === 'win32')('does not wait for the writer of a secret', async () => {
    await start({ servers: withServer() })
    execFileSync('mkfifo', [join(folder, 'secret')])
    write({ servers: withServer({ token: 'file:secret' }) })
    await expect(roles.reload()).rejects.toThrow('is a pipe that nothing is written to')
  })

  test('changes nothing for a broken file, and says why', async () => {
    await start({ servers: withServer() })
    writeFileSync(file, 'servers: {main: {ws-prot: 1}}')
    await expect(roles.reload()).rejects.toThrow(
      `${file}:1:18: servers.main.ws-prot: unknown key 'ws-prot'; did you mean ws-port?`,
    )
    expect(isOpen('links')).toBe(true)
  })

  test('changes nothing when one of several ports cannot be opened', async () => {
    await start({ servers: withServer() })
    const taken = at('no-such-folder/x')
    write({ servers: withServer({ 'socks-listen': [at('a')], tokens: [reverse('t', taken)] }) })
    await expect(roles.reload()).rejects.toThrow('no-such-folder')
    expect({ a: isOpen('a'), links: isOpen('links') }).toEqual({ a: false, links: true })
  })

  test('takes up the change that failed once it can be made', async () => {
    await start({ servers: withServer() })
    write({ servers: withServer({ tokens: [reverse('t', at('no-such-folder/x'))] }) })
    await roles.reload().catch(() => {})
    write({ servers: withServer({ tokens: [reverse('t', at('x'))] }) })
    expect({ reload: await roles.reload(), isOpen: isOpen('x') }).toEqual({
      reload: ['servers.main: 1 token added'],
      isOpen: true,
    })
  })

  test('moves the address of links, and keeps the links', async () => {
    const echo = await echoServer()
    await start({ servers: withServer(), clients: withClient() })
    const channel = await channelTo(echo.port)
    write({ servers: withServer({ 'ws-host': at('links2') }), clients: withClient() })
    expect(await roles.reload()).toEqual(['servers.main: new links are accepted at another address'])
    channel.write('still here')
    expect(await answer(channel)).toBe('still here')
    expect({ links: isOpen('links'), others: isOpen('links2') }).toEqual({ links: false, others: true })
    channel.destroy()
    await echo.close()
  })

  test('changes the policy of a token in use, and keeps its connections', async () => {
    const echo = await echoServer()
    await start({ servers: withServer(), clients: withClient() })
    const channel = await channelTo(echo.port)
    write({ servers: withServer({ policy: { deny: ['127.0.0.0/8'] } }), clients: withClient() })
    const changes = await roles.reload()
    const refused = await channelTo(echo.port).catch((error: unknown) => String(error))
    channel.write('still here')
    expect({ changes, refused, answer: await answer(channel) }).toEqual({
      changes: ['servers.main: 1 token changed'],
      refused: expect.stringMatching(/not allowed|forbidden|0x02/i) as string,
      answer: 'still here',
    })
    channel.destroy()
    write({ servers: withServer(), clients: withClient() })
    await roles.reload()
    const open = await channelTo(echo.port)
    open.destroy()
    await echo.close()
  })

  test('moves the port of a reverse token', async () => {
    await start({ servers: withServer({ tokens: [reverse('t', at('a'))] }) })
    write({ servers: withServer({ tokens: [reverse('t', at('b'))] }) })
    expect(await roles.reload()).toEqual(['servers.main: 1 token changed'])
    await until(() => !isOpen('a'), 'the old port to close')
    expect(isOpen('b')).toBe(true)
  })

  test('gives a token the port of one that is gone', async () => {
    const port = await freePort()
    await start({ servers: withServer({ tokens: [{ token: 'a' }, onPort('b', port)] }) })
    write({ servers: withServer({ tokens: [onPort('a', port)] }) })
    expect(await roles.reload()).toEqual(['servers.main: 1 token removed, 1 token changed'])
  })

  test('makes all changes but the one that fails at the end, says so, and makes that one the next time', async () => {
    const [port, other] = [await freePort(), await freePort()]
    await start({ servers: withServer({ tokens: [{ token: 'a' }, onPort('b', port), { token: 'c' }] }) })
    write({ servers: withServer({ tokens: [onPort('a', port), onPort('b', other)] }) })
    await expect(roles.reload()).rejects.toThrow(/^the change was made in part; this failed: servers\.main: .*port/)
    expect(logged.filter((line) => line.startsWith('nothing was changed'))).toEqual([])
    expect(await roles.reload()).toEqual(['servers.main: 1 token changed'])
  })

  test('keeps a token valid that could not be changed at the end', async () => {
    const [port, other] = [await freePort(), await freePort()]
    const second = { ...(withClient() as { home: object }).home, token: 'a', 'socks-listen': [at('s')] }
    await start({ servers: withServer({ tokens: [{ token: 'a' }, onPort('b', port)] }) })
    write({
      servers: withServer({ tokens: [onPort('a', port), onPort('b', other)] }),
      clients: { second },
    })
    await roles.reload().catch(() => {})
    await until(() => isOpen('s'), 'the client of the token')
    expect(isOpen('s')).toBe(true)
  })

  test('cuts the users of a removed token, and no others', async () => {
    await start({
      servers: withServer({ tokens: [{ token: 'other' }] }),
      clients: {
        ...withClient(),
        second: { ...(withClient() as { home: object }).home, token: 'other', 'socks-listen': [at('s')] },
      },
    })
    await until(() => isOpen('s'), 'the second client')
    const echo = await echoServer()
    const channel = await channelTo(echo.port)
    write({
      servers: withServer(),
      clients: {
        ...withClient(),
        second: { ...(withClient() as { home: object }).home, token: 'other', 'socks-listen': [at('s')] },
      },
    })
    await roles.reload()
    await until(() => logged.some((line) => line.startsWith('link is down: the token was removed')), 'the cut')
    channel.write('mine')
    expect(await answer(channel)).toBe('mine')
    channel.destroy()
    await echo.close()
  })

  test('treats the hash of a token as that token, and admits its clients again', async () => {
    const echo = await echoServer()
    await start({ servers: withServer(), clients: withClient() })
    write({ servers: withServer({ token: twiceHashed('my_token') }), clients: withClient() })
    expect(await roles.reload()).toEqual(['servers.main: 1 token changed'])
    const channel = await channelTo(echo.port)
    channel.write('again')
    expect(await answer(channel)).toBe('again')
    channel.destroy()
    await echo.close()
  })

  test('keeps a connector token that is given by its hash', async () => {
    const withConnector = (token: string): object => ({
      servers: withServer({ tokens: [{ ...reverse('r', at('a')), 'connector-token': [token] }] }),
    })
    const connector = {
      ...(withClient() as { home: object }).home,
      token: 'c',
      'socks-listen': [at('s')],
    }
    await start(withConnector('c'))
    write(withConnector(twiceHashed('c')))
    await roles.reload()
    write({ ...withConnector(twiceHashed('c')), clients: { connector } })
    await roles.reload()
    await until(() => isOpen('s'), 'the connector')
    expect(isOpen('s')).toBe(true)
  })

  test('refuses a token that is listed beside its hash', async () => {
    await start({ servers: withServer() })
    write({ servers: withServer({ tokens: [{ token: twiceHashed('my_token') }] }) })
    await expect(roles.reload()).rejects.toThrow('token already exists')
  })

  test('keeps the used quota of a token that it replaces', async () => {
    const echo = await echoServer()
    const policy = { quota: { day: 5 } }
    await start({ servers: withServer({ policy }), clients: withClient() })
    const channel = await channelTo(echo.port)
    channel.write('moves')
    await answer(channel)
    write({ servers: withServer({ token: twiceHashed('my_token'), policy }), clients: withClient() })
    await roles.reload()
    const refused = await channelTo(echo.port).catch((error: unknown) => String(error))
    channel.destroy()
    expect(refused).toMatch(/not allowed|forbidden|0x02/i)
    await echo.close()
  })

  test('keeps a made-up token', async () => {
    await start({ servers: { main: { 'ws-host': at('links') } } })
    write({ servers: { main: { 'ws-host': at('links'), 'socks-listen': [at('own')] } } })
    await roles.reload()
    expect(printed.filter((line) => line.startsWith('[main] token: '))).toHaveLength(1)
  })

  test('saves a generated token in the state file', async () => {
    const state = join(folder, 'state.json')
    await start({ servers: { main: { 'ws-host': at('links'), token: 'x', state } } })
    const later = { servers: { main: { 'ws-host': at('links'), state } } }
    write(later)
    await roles.reload()
    await roles.close()
    await start(later)
    const [first, second] = printed.filter((line) => line.startsWith('[main] token: '))
    expect({ firstType: typeof first, second }).toEqual({ firstType: 'string', second: first })
  })

  test('keeps made-up tokens of connectors in the order of the next start', async () => {
    const state = join(folder, 'state.json')
    const [a, b] = ['a', 'b'].map((token) => ({ ...reverse(token, at(token)), 'connector-token': [] }))
    const withTokens = (...tokens: unknown[]): object => ({ servers: withServer({ tokens, state }) })
    await start(withTokens(a))
    write(withTokens(b, a))
    await roles.reload()
    await roles.close()
    await start(withTokens(b, a))
    const [ofA, ofB, ...again] = printed.filter((line) => line.startsWith('[main] connector token: '))
    expect(again).toEqual([ofB, ofA])
  })

  test('starts a server again whose other keys change', async () => {
    await start({ servers: withServer() })
    write({ servers: withServer({ grace: '5s' }) })
    expect(await roles.reload()).toEqual(['servers.main: started again, its links are dialled again'])
    expect(isOpen('links')).toBe(true)
  })

  test('starts a server again whose exposed ports would stay at the old address', async () => {
    const more = { 'allow-ports': '20000-20010' }
    await start({ servers: withServer(more) })
    write({ servers: withServer({ ...more, 'ws-host': 'localhost', 'ws-port': await freePort() }) })
    expect(await roles.reload()).toEqual(['servers.main: started again, its links are dialled again'])
  })

  test('opens the ports again that a server exposes for a token that changes', async () => {
    const [exposed, port] = [await freePort(), await freePort()]
    const expose = [`${exposed}=r@localhost:1`]
    await start({ servers: withServer({ expose, tokens: [onPort('r', port)] }) })
    write({ servers: withServer({ expose, tokens: [{ ...onPort('r', port), 'socks-nowait': true }] }) })
    await roles.reload()
    expect(printed.filter((line) => line.startsWith('[main] exposed: '))).toHaveLength(2)
  })

  test('starts the server as it was when it cannot start again', async () => {
    await start({ servers: withServer() })
    write({ servers: withServer({ grace: '5s', 'ws-host': at('no-such-folder/x') }) })
    await expect(roles.reload()).rejects.toThrow('no-such-folder')
    expect(isOpen('links')).toBe(true)
  })

  test('starts and ends roles', async () => {
    await start({ servers: withServer() })
    write({ servers: { other: { ...server, 'ws-host': at('links2') } } })
    expect(await roles.reload()).toEqual(['servers.other: started', 'servers.main: ended'])
    expect({ links: isOpen('links'), others: isOpen('links2') }).toEqual({ links: false, others: true })
  })

  test(
    'loses and cuts nothing over 50 reloads with 100 idle channels and a transfer',
    { timeout: 120_000 * times },
    async () => {
      const [echo, source] = [await echoServer(), await tcpServer(sendPayload)]
      await start({ servers: withServer(), clients: withClient() })
      const idle = await Promise.all(Array.from({ length: 100 }, () => channelTo(echo.port)))
      const transfer = await channelTo(source.port)
      const hash = createHash('sha256')
      let received = 0
      const refused: unknown[] = []
      const refuse = (reason: unknown): void => void refused.push(reason)
      for (let round = 0; round < 50; round++) {
        received = await readTo(transfer, hash, received, Math.floor((payload.length * times * (round + 1)) / 51))
        writeRound(round)
        await roles.reload().catch(refuse)
      }
      await readTo(transfer, hash, received, payload.length * times)
      for (const channel of idle) channel.write('x')
      const answers = await Promise.all(idle.map(answer))
      for (const channel of [...idle, transfer]) channel.destroy()
      expect(refused).toHaveLength(12)
      const expected = createHash('sha256')
      for (let count = 0; count < times; count++) expected.update(payload)
      expect(hash.digest('hex')).toBe(expected.digest('hex'))
      expect(answers.filter((text) => text !== 'x')).toEqual([])
      expect(logged.filter((line) => line.startsWith('link is down'))).toEqual([])
      await Promise.all([echo.close(), source.close()])
    },
  )
})

/** Returns the next bytes of a paused socket. */
async function answer(channel: Socket): Promise<string> {
  const data = onceEvent(channel, 'data')
  channel.resume()
  return String((await data)[0])
}

/** 64 MiB that do not repeat within a window. */
const payload = Buffer.concat(Array.from({ length: 64 }, () => randomBytes(1_048_576)))

/** Number of times that the payload is sent. For 1 GiB: `RELOAD_TIMES=16 npx vitest run apps/cli/src/roles`. */
const times = Number(process.env['RELOAD_TIMES'] ?? 1)

function sendPayload(socket: Socket): void {
  for (let count = 0; count < times; count++) socket.write(payload)
  socket.end()
}

/** Tokens, policies and listeners of every kind are added and removed; each fourth file is broken. */
function writeRound(round: number): void {
  if (round % 4 === 3)
    return writeFileSync(file, round % 8 === 3 ? 'servers: {main: {' : '{"servers": {"main": {"x": 1}}}')
  const odd = round % 2 === 1
  const policy = { maxChannels: 500 + round, ...(odd ? { allow: ['127.0.0.0/8:*'] } : {}) }
  const tokens = [
    { token: `t${round}`, policy },
    reverse('r', at(odd ? 'r1' : 'r2')),
    ...(odd ? [reverse('s', at('s'))] : []),
  ]
  const places = ['127.0.0.1:0', ...(odd ? [at('c1')] : [at('c2'), at('c3')])]
  const forward = odd ? [`${at('f')}=127.0.0.1:1`] : []
  write({
    servers: withServer({
      policy,
      tokens,
      'socks-listen': odd ? [at('own')] : [],
      'ws-host': at(odd ? 'links' : 'links2'),
    }),
    clients: withClient({ 'socks-listen': places, forward }),
  })
}

function reverse(token: string, place: string): object {
  return { token, reverse: true, 'socks-listen': [place], 'socks-nowait': true, 'connector-token': [`${token}_c`] }
}

/** Returns the form of a token that gives no access. */
function twiceHashed(token: string): string {
  const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
  return `sha256x2:${sha256(sha256(token))}`
}

function onPort(token: string, port: number): object {
  return { token, reverse: true, 'socks-port': port, 'connector-token': [`${token}_c`] }
}

/** Reads until `end` bytes have arrived; the rest of a chunk is put back. */
async function readTo(socket: Socket, hash: ReturnType<typeof createHash>, from: number, end: number): Promise<number> {
  let received = from
  while (received < end) {
    const chunk = socket.read() as Buffer | null
    if (chunk === null) await onceEvent(socket, 'readable')
    else {
      hash.update(chunk)
      received += chunk.length
    }
  }
  return received
}
