import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, createConnection, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SocksError } from '@ls/socks5'
import { connect } from '@ls/socks5/node'
import { echoServer, tcpServer, until, within } from '@ls/testkit'
import { afterAll, afterEach, describe, expect, test } from 'vitest'

// The command as it is installed, so these tests run against the result of `pnpm build`.
const bin = fileURLToPath(new URL('../bin/linksocks.js', import.meta.url))
/** Arguments of a shell that runs the command with a standard output that is full. */
const toFullDisk = ['-c', 'exec "$@" >/dev/full', 'sh', process.execPath, bin]
const children = new Set<ChildProcess>()
/** Time for four programs, one after the other, on a busy machine. */
const programsTimeout = { timeout: 60_000 }

afterEach(() => {
  for (const child of children) child.kill('SIGKILL')
  children.clear()
})

describe('linksocks', () => {
  test.each([
    'nonsense',
    'server --nonsense',
    'server -p 65536',
    'server -t anonymous',
    'server -r -n name',
    'client -u ftp://example.com',
    'provider -x nonsense',
    'client --access-rule 10.0.0.1',
    'server -r -a --access-rule 10.0.0.1:80',
    'provider --access-rule nonsense',
  ])('%s ends with 2, and a line that says why', async (line) => {
    const run = start(line.split(' '))
    expect(await run.exit()).toBe(2)
    expect(run.stdout()).toBe('')
    expect(run.stderr()).toMatch(/^linksocks: .*\n'node .*linksocks\.js.* --help' explains more\.\n$/)
  })

  test('leads from the help of an unknown command to the list of commands', async () => {
    const run = start(['help', 'servre'])
    await run.exit()
    expect(run.stderr()).toMatch(/did you mean server\?\n'node .*linksocks\.js --help' explains more\.\n$/)
  })

  test.each(['--proxy', '-x'])('shows a whole example for a wrong URL of %s', async (flag) => {
    const run = start(['provider', flag, 'proxy.example:3128'])
    await run.exit()
    expect(run.stderr()).toMatch(/must be a URL such as socks5:\/\/127\.0\.0\.1:1080 or http:\/\/proxy\.example:3128\n/)
  })

  test('never shows the password of a wrong upstream URL', async () => {
    const run = start(['provider', '-x', 'gopher://user:hunter2222@host'])
    await run.exit()
    expect(run.stderr()).toMatch(/gopher/)
    expect(run.stderr()).not.toMatch(/hunter2222/)
  })

  test.each(['--version', '-V', 'version'])('%s prints the version', async (word) => {
    const run = start([word])
    expect(await run.exit()).toBe(0)
    expect(run.stdout()).toMatch(/^linksocks version \d+\.\d+\.\d+ \S+\/\S+ node\/\S+\n$/)
  })

  test('shows its commands on standard error when nothing was said, and ends with 2', async () => {
    const run = start([])
    expect(await run.exit()).toBe(2)
    expect(run.stderr()).toMatch(/^Carries/)
  })

  test.each(['--help', 'server --help', 'help --all', 'help --markdown'])(
    '%s prints help and ends with 0',
    async (line) => {
      const run = start(line.split(' '))
      expect(await run.exit()).toBe(0)
      expect(run.stdout()).toMatch(/server/)
    },
  )

  test('survives a reader that goes away', async () => {
    const run = start(['help', '--all'])
    run.child.stdout.destroy()
    expect(await run.exit()).toBe(0)
  })

  test('token list writes all of a long list into a pipe', async () => {
    const tokens = Array.from({ length: 20_000 }, (_, n) => ({ id: `token-${n}`, type: 'forward', clients_count: 0 }))
    const api = createServer((_, response) => void response.end(JSON.stringify(tokens))).listen(0, '127.0.0.1')
    await once(api, 'listening')
    const { port } = api.address() as AddressInfo
    const run = start(['token', 'list', '--json', '--api', `http://127.0.0.1:${port}`, '-k', 'a-key'])
    expect(`${await run.exit()} ${run.stderr()}`).toBe('0 ')
    api.close()
    expect(JSON.parse(run.stdout())).toEqual(tokens)
  })

  test.skipIf(!existsSync('/dev/full')).each(['--version', 'help', 'completion bash'])(
    '%s ends with 1, and one line that says why, when its output cannot be written',
    (line) => {
      const { status, stderr } = spawnSync('/bin/sh', [...toFullDisk, ...line.split(' ')], { encoding: 'utf8' })
      expect(`${status}: ${stderr}`).toMatch(/^1: linksocks.*: ENOSPC\n$/)
    },
  )

  test('says nothing of a reader that goes away while it runs', async () => {
    const run = start(['demo', '-P', '0', '-p', '0', '--log-level', 'info'])
    run.child.stdout.destroy()
    await run.errorLine(/link is up/)
    run.child.kill('SIGTERM')
    await run.exit()
    expect(run.stderr()).not.toMatch(/EPIPE/)
  })

  test('runs the command that LINKSOCKS_MODE names', async () => {
    const run = start([], { LINKSOCKS_MODE: 'server', LINKSOCKS_WEBSOCKET_PORT: '0', LINKSOCKS_TOKEN: 'my-token' })
    await run.line(/^listening: ws:\/\/0\.0\.0\.0:\d+$/m)
    run.child.kill('SIGTERM')
    expect(await run.exit()).toBe(0)
  })
})

describe('linksocks with a configuration file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'linksocks-'))
  const file = join(folder, 'f.yaml')
  afterAll(() => rmSync(folder, { recursive: true }))

  test('shows every mistake with its place, and ends with 2', async () => {
    writeFileSync(file, 'servers:\n  a:\n    ws-prot: 1\n    grace: 5\n')
    const run = start(['check-config', file])
    expect(await run.exit()).toBe(2)
    expect(
      run
        .stderr()
        .split('\n')
        .map((line) => line.split(' ')[0]),
    ).toEqual([`${file}:3:5:`, `${file}:4:12:`, ''])
  })

  test('runs its roles in one process', async () => {
    const echo = await echoServer()
    const socket = join(folder, 's')
    writeFileSync(
      file,
      `servers: {s: {ws-host: 'unix:${socket}', token: my_token, guard: none}}
clients: {c: {url: 'ws+unix://${socket}', token: my_token, socks-port: 0}}`,
    )
    const run = start(['run', '-c', file])
    const [, port] = await run.line(/^\[c\] proxy: 127\.0\.0\.1:(\d+)$/m)
    const proxy = { host: '127.0.0.1', port: Number(port) }
    const channel = await connect({ proxy, target: { host: '127.0.0.1', port: echo.port } })
    channel.end('hello')
    expect(await textOf(channel)).toBe('hello')
    run.child.kill('SIGTERM')
    expect(await run.exit()).toBe(0)
    await echo.close()
  })
})

describe('linksocks with a port that is taken', () => {
  test.each([
    ['server -H 127.0.0.1 -P', '--ws-port (-P)'],
    ['server -H 127.0.0.1 -P 0 -r -i -p', '--socks-port (-p)'],
    ['demo -p 0 -P', '--ws-port (-P)'],
    ['demo -P 0 -p', '--socks-port (-p)'],
    ['client -i -p', '--socks-port (-p)'],
  ])('names port and flag for %s', async (line, flag) => {
    const holder = await tcpServer(() => {})
    const run = start([...line.split(' '), String(holder.port)])
    expect(await run.exit()).toBe(1)
    await holder.close()
    const text = `port ${holder.port} on 127.0.0.1 cannot be opened: it is in use; choose another with ${flag}`
    expect(run.stderr()).toMatch(/^\[[\dT:.-]+Z\] ERROR: [^\n]*\n$/)
    expect(run.stderr()).toContain(text)
  })
})

describe('linksocks demo', () => {
  test('shows a curl line whose proxy reaches its page', async () => {
    const { run, proxy, page } = await startDemo()
    expect(await get(proxy, page)).toMatch(/^HTTP\/1\.1 200 /)
    run.child.kill('SIGINT')
    expect(await run.exit()).toBe(0)
  })

  test.skipIf(!existsSync('/dev/full'))('warns once when its lines cannot be written', async () => {
    const child = spawn('/bin/sh', [...toFullDisk, 'demo', '-P', '0', '-p', '0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    children.add(child)
    let stderr = ''
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
    const closed = once(child, 'close')
    await until(() => stderr.includes('ENOSPC'), 'a warning', { timeoutMs: 15_000 })
    child.kill('SIGTERM')
    await within(closed, 'the end of the demo', { timeoutMs: 15_000 })
    expect(stderr.match(/WARN: standard output cannot be written: ENOSPC/g)).toHaveLength(1)
  })

  test('lets an open channel finish after SIGTERM', async () => {
    const echo = await echoServer()
    const { run, proxy } = await startDemo()
    const socket = await connect({ proxy, target: echo })
    run.child.kill('SIGTERM')
    await refused(proxy.port)
    socket.end('late')
    expect(await textOf(socket)).toBe('late')
    expect(await run.exit()).toBe(0)
    await echo.close()
  })

  test('ends immediately on a second signal', async () => {
    const echo = await echoServer()
    const { run, proxy } = await startDemo()
    const socket = await connect({ proxy, target: echo })
    socket.on('error', () => {})
    run.child.kill('SIGINT')
    await refused(proxy.port)
    run.child.kill('SIGTERM')
    expect(await run.exit()).toBe(143)
    await echo.close()
  })
})

describe('linksocks client', () => {
  test('ends with 0 when asked to before it has found its server', async () => {
    const run = start(['client', '-u', 'ws://127.0.0.1:1'])
    await run.errorLine(/trying again/)
    run.child.kill('SIGINT')
    expect(await run.exit()).toBe(0)
  })

  test('ends with 1 and a line that says why when there is no server and it may not wait for one', async () => {
    const run = start(['client', '--no-reconnect', '-u', 'ws://127.0.0.1:1'])
    expect(await run.exit()).toBe(1)
    expect(run.stderr()).toMatch(/^\[[\dT:.-]+Z\] ERROR: cannot connect to 127\.0\.0\.1:1: .*\n$/)
  })

  test('ends with 1 and says so when its token is refused', async () => {
    const server = start(['server', '-H', '127.0.0.1', '-P', '0'])
    const [, url = ''] = await server.line(/^listening: (.*)$/m)
    const client = start(['client', '-u', url, '-t', 'wrong-token'])
    expect(await client.exit()).toBe(1)
    expect(client.stderr()).toMatch(/ERROR: the server refused us: invalid token/)
  })
})

describe('linksocks at -dd', () => {
  const secrets = {
    token: 'forward-t0ken "\\ß',
    connector: 'connector-t0ken',
    password: 'p4ssw0rd-of-the-port',
    upstream: 'p4ssw0rd-of-the-upstream',
    apiKey: 'api-k3y-of-the-server',
  }

  test.each(['json', 'human'])(
    'writes no secret to any %s log, from handshake to refusal',
    programsTimeout,
    async (format) => {
      const shared = { LINKSOCKS_LOG_FORMAT: format, LINKSOCKS_TOKEN: secrets.token, LINKSOCKS_DEBUG: '2' }
      const printed = (name: string) =>
        format === 'json' ? new RegExp(`"name":"${name}","value":"([^"]*)"`) : new RegExp(`^${name}: (.*)$`, 'm')
      const connectorToken = ['-c', secrets.connector]
      const serverFlags = ['-r', '-i', '-H', '127.0.0.1', '-P', '0', '-p', '0', '-n', 'user', '-w', secrets.password]
      const server = start(['server', ...serverFlags, ...connectorToken], {
        ...shared,
        LINKSOCKS_API_KEY: secrets.apiKey,
      })
      const [, url = ''] = await server.line(printed('listening'))
      const [, place = ''] = await server.line(printed('proxy'))
      const port = place.split(':').at(-1)
      const upstream = ['-x', `socks5://upstream:${secrets.upstream}@127.0.0.1:1`]
      const provider = start(['provider', '-u', url, ...upstream, ...connectorToken], shared)
      await provider.line(printed('linked'))
      const connector = start(['connector', '-u', url, '-p', '0'], { ...shared, LINKSOCKS_TOKEN: secrets.connector })
      await connector.line(printed('proxy'))
      const stranger = start(['client', '-u', url], { ...shared, LINKSOCKS_TOKEN: `${secrets.connector}-mistyped` })
      await stranger.exit()

      const proxy = { host: '127.0.0.1', port: Number(port), username: 'user' }
      // Targets are logged, and a user may paste a secret in place of one.
      const target = { host: secrets.connector, port: 1 }
      await expect(connect({ proxy: { ...proxy, password: secrets.password }, target })).rejects.toThrow(SocksError)
      await expect(connect({ proxy: { ...proxy, password: `${secrets.password}-mistyped` }, target })).rejects.toThrow(
        SocksError,
      )
      const runs = [connector, provider, server]
      for (const run of runs) run.child.kill('SIGTERM')
      expect(await Promise.all(runs.map((run) => run.exit()))).toEqual([0, 0, 0])

      const output = [...runs, stranger].map((run) => run.stdout() + run.stderr()).join('')
      expect(output.length).toBeGreaterThan(1000)
      const leaks = Object.values(secrets).flatMap((secret) => [
        secret,
        JSON.stringify(secret).slice(1, -1),
        encodeURIComponent(secret),
        createHash('sha256').update(secret).digest('hex'),
      ])
      expect(leaks.filter((leak) => output.includes(leak))).toEqual([])
    },
  )

  test('shows a generated token on standard output only', async () => {
    const { run, token } = await startDemo({ LINKSOCKS_DEBUG: '2' })
    run.child.kill('SIGINT')
    await run.exit()
    expect(token).toMatch(/^[0-9a-f]{16,}$/)
    expect(run.stderr()).not.toContain(token)
  })
})

async function startDemo(environment: Record<string, string> = {}) {
  const run = start(['demo', '-P', '0', '-p', '0'], environment)
  const [, port] = await run.line(/--socks5-hostname 127\.0\.0\.1:(\d+) /)
  const [, page = ''] = await run.line(/(http:\/\/127\.0\.0\.1:\d+\/)/)
  const [, token = ''] = await run.line(/-t ([0-9a-f]+) /)
  return { run, proxy: { host: '127.0.0.1', port: Number(port) }, page: new URL(page), token }
}

function start(argv: readonly string[], environment: Record<string, string> = {}) {
  const env = { PATH: process.env['PATH'], ...environment }
  const child = spawn(process.execPath, [bin, ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  children.add(child)
  const closed = once(child, 'close')
  const text = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (text.stdout += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (text.stderr += chunk))
  const find = async (where: 'stdout' | 'stderr', pattern: RegExp): Promise<RegExpExecArray> => {
    const found = () => pattern.exec(text[where])
    const what = (): string => `${pattern.source} on ${where} of linksocks ${argv.join(' ')}`
    await until(() => found() !== null || child.exitCode !== null, what(), { timeoutMs: 15_000 })
    const match = found()
    if (match === null) throw new Error(`it ended before ${what()}: ${text.stdout}${text.stderr}`)
    return match
  }
  return {
    child,
    stdout: () => text.stdout,
    stderr: () => text.stderr,
    line: (pattern: RegExp) => find('stdout', pattern),
    errorLine: (pattern: RegExp) => find('stderr', pattern),
    exit: async () => {
      const what = `the end of linksocks ${argv.join(' ')}`
      const [code] = (await within(closed, what, { timeoutMs: 15_000 })) as [number | null]
      return code
    },
  }
}

async function get(proxy: { host: string; port: number }, page: URL): Promise<string> {
  const socket = await connect({ proxy, target: { host: page.hostname, port: Number(page.port) } })
  socket.write(`GET ${page.pathname} HTTP/1.1\r\nHost: ${page.host}\r\nConnection: close\r\n\r\n`)
  return textOf(socket)
}

async function textOf(socket: Socket): Promise<string> {
  let text = ''
  for await (const chunk of socket.setEncoding('utf8')) text += String(chunk)
  socket.end()
  return text
}

/** Waits until no program listens on the port any more. */
async function refused(port: number): Promise<void> {
  for (;;) {
    const socket = createConnection({ host: '127.0.0.1', port })
    const outcome = await Promise.race([
      once(socket, 'connect').then(() => 'open'),
      once(socket, 'close').then(() => 'closed'),
    ]).catch(() => 'closed')
    socket.destroy()
    if (outcome === 'closed') return
  }
}
