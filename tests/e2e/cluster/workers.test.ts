import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LinkSocksClient } from '@ls/client'
import type { Snapshot } from '@ls/foundation'
import { connect } from '@ls/socks5/node'
import { echoServer, freePort, onceEvent, until } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { afterTest, closing } from '../../stress/cleanup.js'
import { transfer, visits } from '../constant-use.js'
import { Program } from '../program.js'
import { wayTo } from '../way.js'

/** Two workers with a server for all modes. */
async function start() {
  const folder = mkdtempSync(join(tmpdir(), 'ls-'))
  afterTest(() => rmSync(folder, { recursive: true }))
  const [proxyPort, metricsPort] = [await freePort(), await freePort()]
  const config = join(folder, 'linksocks.yaml')
  const tokens = `[{token: f}, {token: r, reverse: true, socks-host: 127.0.0.1, socks-port: ${proxyPort}, connector-token: [c]}]`
  const main = `main: {ws-host: 127.0.0.1, ws-port: 0, guard: none, metrics: '127.0.0.1:${metricsPort}', tokens: ${tokens}}`
  writeFileSync(config, `workers: 2\nservers: {${main}}\n`)
  const program = new Program('run', '-c', config)
  const [, url = ''] = await program.printed(/listening: (ws:\S+)/)
  await program.printed(/all workers serve/)
  await until(() => countOf(program, /state=up/g) >= 2, 'two workers that know each other', { timeoutMs: 15_000 })
  const status = async () => (await fetch(`http://127.0.0.1:${metricsPort}/status`)).json() as Promise<Snapshot>
  return {
    program,
    config,
    main,
    url,
    status,
    port: Number(new URL(url).port),
    proxy: { host: '127.0.0.1', port: proxyPort },
  }
}

function countOf({ output }: Program, pattern: RegExp): number {
  return [...output.matchAll(pattern)].length
}

/** Processes that the program has started. */
function childrenOf({ pid }: Program): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return text === '' ? [] : text.split(' ').map(Number)
}

async function link(url: string, token: string, role: 'client' | 'provider' = 'client'): Promise<LinkSocksClient> {
  const reconnect = { delayMs: 10 }
  const client = closing(
    new LinkSocksClient(
      role === 'provider' ? { url, token, role, reconnect } : { url, token, reconnect, proxy: { port: 0 } },
    ),
  )
  await client.start()
  return client
}

describe.skipIf(process.platform !== 'linux')('linksocks with two workers', () => {
  test('serves links in both, and carries channels from one to the other', async () => {
    const { url, program, proxy } = await start()
    const echo = closing(await echoServer())
    // Connections go to the workers in turn.
    await link(url, 'r', 'provider')
    const [first, second] = [await link(url, 'c'), await link(url, 'c')]
    const users = [await link(url, 'f'), await link(url, 'f')]
    await until(() => countOf(program, /SOCKS port open/g) === 2, 'the port of the providers')
    const proxies = [...[first, second, ...users].map(({ socksAddress }) => socksAddress!), proxy]
    const all = proxies.map((each) => transfer(each, echo))
    const visitors = proxies.map((each) => visits(each, echo))
    const isLinkedIn = (worker: number) => new RegExp(`client connected.*worker=${worker}`).test(program.output)
    await until(() => isLinkedIn(0) && isLinkedIn(1), 'links in both workers')
    for (const { stop } of [...all, ...visitors]) stop()
    const counts = await Promise.all(visitors.map(({ result }) => result))
    expect({
      intact: await Promise.all(all.map(({ result }) => result)),
      visited: counts.every((count) => count > 0),
    }).toEqual({ intact: proxies.map(() => true), visited: true })
  })

  test('continues a session whose link comes back to the other worker', async () => {
    const { port, program } = await start()
    const way = await wayTo(port)
    const client = await link(`ws://127.0.0.1:${way.port}`, 'f')
    const echo = closing(await echoServer())
    const running = transfer(client.socksAddress!, echo)
    await running.opened
    const resumed: unknown[] = []
    client.on('linkUp', (isResumed) => resumed.push(isResumed))
    // Each cut leads to the next worker.
    for (let cuts = 1; cuts <= 6; cuts++) {
      way.leadTo(port)
      await until(() => resumed.length === cuts, `link ${cuts} is back`)
    }
    running.stop()
    expect({
      isIntact: await running.result,
      resumed,
      sessions: countOf(program, /client connected/g),
    }).toEqual({ isIntact: true, resumed: Array.from({ length: 6 }, () => true), sessions: 1 })
  })

  test('replaces all workers without the loss of a byte or a connection', async () => {
    const { url, program, proxy } = await start()
    const echo = closing(await echoServer())
    const [user, , connector] = [await link(url, 'f'), await link(url, 'r', 'provider'), await link(url, 'c')]
    const proxies = [user.socksAddress!, proxy, connector.socksAddress!]
    await until(() => countOf(program, /SOCKS port open/g) === 2, 'the port of the providers')
    const transfers = proxies.map((each) => transfer(each, echo))
    const visitors = proxies.map((each) => visits(each, echo))
    const all = [...transfers, ...visitors]
    const failed = Promise.race(all.map(({ result }) => result))
    for (let times = 1; times <= 2; times++) {
      program.kill('SIGURG')
      const replaced = until(() => countOf(program, /new workers have taken over/g) === times, 'new workers', {
        timeoutMs: 30_000,
      })
      await Promise.race([replaced, failed])
    }
    for (const { stop } of all) stop()
    expect(await Promise.all(transfers.map(({ result }) => result))).toEqual([true, true, true])
    const counts = await Promise.all(visitors.map(({ result }) => result))
    expect(Math.min(...counts)).toBeGreaterThan(2)
  }, 90_000)

  test('starts a killed worker again, and serves with the other meanwhile', async () => {
    const { url, program } = await start()
    const echo = closing(await echoServer())
    const [victim = 0] = childrenOf(program)
    process.kill(victim, 'SIGKILL')
    await program.printed(/worker \d ended \(SIGKILL\), and is started again/)
    const user = await link(url, 'f')
    const socket = await connect({ proxy: user.socksAddress!, target: echo })
    afterTest(() => socket.destroy())
    socket.write('hello')
    const [answer] = await onceEvent(socket, 'data')
    await until(() => childrenOf(program).length === 2, 'two workers again')
    expect(String(answer)).toBe('hello')
  })

  test('counts the links of all workers at one port, those of ended ones included', async () => {
    const { url, program, status } = await start()
    const users = [await link(url, 'f'), await link(url, 'f'), await link(url, 'f')]
    await expect.poll(async () => (await status()).links.up, { timeout: 10_000 }).toBe(3)
    for (const user of users) await user.close()
    program.kill('SIGURG')
    await program.printed(/new workers have taken over/)
    await until(() => childrenOf(program).length === 2, 'the end of the old ones', { timeoutMs: 15_000 })
    const { links } = await status()
    expect({ up: links.up, opened: links.opened }).toEqual({ up: 0, opened: 3 })
  })

  test('reads its file again in all workers', async () => {
    const { url, program, config, main } = await start()
    writeFileSync(config, `workers: 2\nservers: {${main.replace('{token: f}', '{token: f}, {token: g}')}}\n`)
    program.kill('SIGHUP')
    await until(() => countOf(program, /the configuration was read again/g) === 2, 'both have read it')
    const users = [await link(url, 'g'), await link(url, 'g')]
    expect(users.map(({ socksAddress }) => socksAddress !== undefined)).toEqual([true, true])
  })

  test.each(['SIGTERM', 'SIGUSR2'] as const)('ends with all workers on %s', async (signal) => {
    const { url, program } = await start()
    await link(url, 'f')
    program.kill(signal)
    expect(await program.exit()).toBe(0)
  })

  test('prints generated tokens once, and each worker knows them', async () => {
    const port = await freePort()
    const program = new Program('server', '--workers', '2', '--ws-host', '127.0.0.1', '--ws-port', String(port))
    const [, token = ''] = await program.printed(/^token: (\S+)/m)
    const url = `ws://127.0.0.1:${port}`
    // The second worker takes connections later than the first one.
    const workersOfLinks = async (): Promise<unknown> => {
      await link(url, token)
      return new Set(Array.from(program.output.matchAll(/client connected.*worker=(\d)/g), ([, worker]) => worker))
    }
    await expect.poll(workersOfLinks, { timeout: 15_000 }).toEqual(new Set(['0', '1']))
    expect(countOf(program, /^token: /gm)).toBe(1)
  })

  test('does not start with a port that is taken, and says why', async () => {
    const taken = closing(await echoServer())
    const places = ['--ws-host', '127.0.0.1', '--ws-port', String(taken.port)]
    const program = new Program('server', '--workers', '2', '-t', 'f', ...places)
    expect({ code: await program.exit(), hasReason: /cannot be opened: it is in use/.test(program.output) }).toEqual({
      code: 1,
      hasReason: true,
    })
  })
})
