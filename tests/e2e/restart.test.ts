import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get, type IncomingMessage } from 'node:http'
import { connect as connectTcp, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { LinkSocksClient } from '@ls/client'
import { connect } from '@ls/socks5/node'
import { echoServer, freePort, onceEvent, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { transfer, visits } from './constant-use.js'
import { Program } from './program.js'

/** Number of restarts. For more of them: `RESTARTS=20 npx vitest run tests/e2e/restart.test.ts`. */
const restarts = Number(process.env['RESTARTS'] ?? 2)

/** A program with a server for all modes, which other processes replace at {@link Running.restart}. */
async function start() {
  const folder = mkdtempSync(join(tmpdir(), 'ls-'))
  afterTest(() => rmSync(folder, { recursive: true }))
  const proxyPort = await freePort()
  const config = join(folder, 'linksocks.yaml')
  const tokens = `[{token: f, policy: {quota: {day: 1GB}}}, {token: r, reverse: true, socks-host: 127.0.0.1, socks-port: ${proxyPort}, connector-token: [c]}]`
  const apiSocket = join(folder, 'api')
  const main = `main: {ws-host: 127.0.0.1, ws-port: 0, guard: none, api-socket: ${apiSocket}, tokens: ${tokens}}`
  writeFileSync(config, `servers: {${main}}\n`)
  const program = new Program('run', '-c', config)
  const taken = (): readonly number[] =>
    [...program.output.matchAll(/process (\d+) has taken over/g)].map(([, pid]) => Number(pid))
  afterTest(() => taken().forEach(end))
  const [, url = ''] = await program.printed(/listening: (ws:\S+)/)
  const restart = async (): Promise<void> => {
    const before = taken().length
    program.kill('SIGURG')
    await until(() => taken().length > before || /no restart/.test(program.output), 'the next process', {
      timeoutMs: 30_000,
    })
    if (taken().length === before) throw new Error(program.output)
  }
  return { program, config, main, apiSocket, url, proxy: { host: '127.0.0.1', port: proxyPort }, restart }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // The process has ended by itself.
  }
}

/** Bytes that the first token has used of its quota, as the API says. */
async function usedBytes(socketPath: string): Promise<number | undefined> {
  const [response] = (await onceEvent(get({ socketPath, path: '/api/tokens' }), 'response')) as [IncomingMessage]
  const [first] = JSON.parse(await text(response)) as { quota?: { used_bytes: number }[] }[]
  return first?.quota?.[0]?.used_bytes
}

async function link(url: string, token: string, role: 'client' | 'provider' = 'client'): Promise<LinkSocksClient> {
  const client = closing(
    new LinkSocksClient(role === 'provider' ? { url, token, role } : { url, token, proxy: { port: 0 } }),
  )
  await client.start()
  return client
}

describe.skipIf(process.platform === 'win32')('linksocks run, restarted', () => {
  test(
    'loses no byte and no connection in forward, reverse and agent mode',
    async () => {
      const { url, proxy: reverse, restart, program } = await start()
      const echo = closing(await echoServer())
      const [client, , connector] = [await link(url, 'f'), await link(url, 'r', 'provider'), await link(url, 'c')]
      const proxies = [client.socksAddress!, reverse, connector.socksAddress!]
      await program.printed(/proxy: 127/)
      const transfers = proxies.map((proxy) => transfer(proxy, echo))
      const visitors = proxies.map((proxy) => visits(proxy, echo))
      const all = [...transfers, ...visitors]
      const failed = Promise.race(all.map(({ result }) => result)).then(() => {})
      for (let count = 0; count < restarts; count++) await Promise.race([restart(), failed])
      for (const { stop } of all) stop()
      expect(await Promise.all(transfers.map(({ result }) => result))).toEqual([true, true, true])
      const counts = await Promise.all(visitors.map(({ result }) => result))
      expect(Math.min(...counts)).toBeGreaterThan(restarts)
    },
    30_000 + restarts * 10_000,
  )

  test('counts the last bytes of the former process for the quota too', async () => {
    const { url, restart, apiSocket } = await start()
    const echo = closing(await echoServer())
    const socket = await connect({ proxy: (await link(url, 'f')).socksAddress!, target: echo })
    await restart()
    let received = 0
    socket.on('data', ({ length }: Buffer) => {
      received += length
      if (received === 100_000) socket.end()
    })
    socket.write(Buffer.alloc(100_000))
    await onceEvent(socket, 'close')
    await expect.poll(() => usedBytes(apiSocket), { timeout: 10_000 }).toBe(200_000)
  })

  test('continues if the new process does not start, and reports why', async () => {
    const { program, config, url } = await start()
    const client = await link(url, 'f')
    const echo = closing(await echoServer())
    writeFileSync(config, 'servers: {main: {ws-port: many}}\n')
    program.kill('SIGURG')
    await program.printed(/no restart, this process continues: the new process ended with code 2/)
    const socket = await connect({ proxy: client.socksAddress!, target: echo })
    socket.write('hello')
    expect(String((await onceEvent(socket, 'data'))[0])).toBe('hello')
    socket.destroy()
  })

  test('keeps its UNIX sockets where the new process fails after it has taken them', async () => {
    const { program, config, main, apiSocket } = await start()
    const taken = closing(await echoServer())
    const second = `second: {ws-host: 127.0.0.1, ws-port: ${taken.port}, tokens: [{token: x}]}`
    writeFileSync(config, `servers: {${main}, ${second}}\n`)
    program.kill('SIGURG')
    await program.printed(/no restart, this process continues/)
    const socket = connectTcp(apiSocket)
    afterTest(() => socket.destroy())
    await expect(onceEvent(socket, 'connect')).resolves.toBeDefined()
  })

  test('listens on a socket that a service manager has opened', async () => {
    const listener = createServer().listen(0, '127.0.0.1')
    await onceEvent(listener, 'listening')
    const { port } = listener.address() as { port: number }
    const { fd = -1 } = (listener as { _handle?: { fd: number } })._handle ?? {}
    const environment = { LISTEN_FDS: '1' }
    // Only the shell has the number of the process, which LISTEN_PID needs, before the program starts.
    const shell = 'LISTEN_PID=$$; export LISTEN_PID; exec "$@"'
    const passed = [fd]
    const program = new Program(
      { environment, shell, passed },
      'server',
      '-t',
      'f',
      '--ws-host',
      '127.0.0.1',
      '--ws-port',
      String(port),
    )
    await program.printed(/listening/)
    listener.close()
    await expect(link(`ws://127.0.0.1:${port}`, 'f')).resolves.toBeDefined()
  })

  test('does not take place in a process that is asked to end meanwhile', async () => {
    const { program, url } = await start()
    const client = await link(url, 'f')
    const echo = closing(await echoServer())
    const socket = await connect({ proxy: client.socksAddress!, target: echo })
    afterTest(() => socket.destroy())
    program.kill('SIGURG')
    program.kill('SIGTERM')
    // It waits for the connection, so the other process had time.
    expect(await program.exit()).toBe(0)
    const [error] = await onceEvent(connectTcp(Number(new URL(url).port), '127.0.0.1'), 'error')
    expect(error).toMatchObject({ code: 'ECONNREFUSED' })
  })

  test('says where it finds no folder for the other process', async () => {
    const environment = { XDG_RUNTIME_DIR: join(import.meta.filename, 'below-a-file') }
    const program = new Program({ environment }, 'server', '-t', 'f', '--ws-host', '127.0.0.1', '--ws-port', '0')
    await program.printed(/listening/)
    program.kill('SIGURG')
    await expect(program.printed(/no restart, this process continues: ENOTDIR/)).resolves.toBeDefined()
  })

  test('ends with the last process, which gets its signals', async () => {
    const { program, restart, url } = await start()
    await restart()
    program.kill('SIGTERM')
    expect(await program.exit()).toBe(0)
    const [error] = await onceEvent(connectTcp(Number(new URL(url).port), '127.0.0.1'), 'error')
    expect(error).toMatchObject({ code: 'ECONNREFUSED' })
  })
})
