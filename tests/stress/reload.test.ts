import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { LinkSocksClient } from '@ls/client'
import { connect } from '@ls/socks5/node'
import { byteServer, echoServer, freePort, onceEvent, seededDigest, until } from '@ls/testkit'
import { expect, test } from 'vitest'
import { Program } from '../e2e/program.js'
import { temporaryFolder } from '../e2e/temporary-folder.js'
import { afterTest, awaitedLater, closing } from './cleanup.js'
import { fact, long, mebibyte, seed } from './settings.js'

const size = long ? { reloads: 50, idle: 100, bulkMiB: 1024 } : { reloads: 4, idle: 10, bulkMiB: 32 }

/**
 * Returns a configuration whose tokens, listeners and policies differ from round to round; `my_token` is always in it.
 */
function configuration(round: number, wsPort: number, proxies: readonly number[]): object {
  const odd = round % 2 === 1
  const extra = { token: `extra_${round}`, policy: { maxChannels: round + 1 } }
  const other = { token: 'other', policy: odd ? { deny: ['*:25'] } : { maxLinks: 3 } }
  const main = {
    token: 'my_token',
    'ws-host': '127.0.0.1',
    'ws-port': wsPort,
    'socks-listen': odd ? proxies.map((port) => `127.0.0.1:${port}`) : [],
    tokens: [extra, other],
  }
  return { servers: { main } }
}

test.skipIf(process.platform === 'win32')(
  `${size.reloads} reloads touch neither a transfer of ${size.bulkMiB} MiB nor ${size.idle} idle channels`,
  async () => {
    const file = join(await temporaryFolder(), 'linksocks.yaml')
    const [port, ...proxies] = [await freePort(), await freePort(), await freePort()]
    const write = (round: number): Promise<void> =>
      writeFile(file, JSON.stringify(configuration(round, port, proxies)), { mode: 0o600 })
    await write(0)
    const server = new Program('run', '--config', file)
    await server.printed(/listening: /)
    const client = closing(
      new LinkSocksClient({ url: `ws://127.0.0.1:${port}`, token: 'my_token', proxy: { port: 0 } }),
    )
    await client.start()
    const proxy = client.socksAddress!
    let downs = 0
    client.on('linkDown', () => downs++)
    const echo = closing(await echoServer())
    const idle = await Promise.all(Array.from({ length: size.idle }, () => connect({ proxy, target: echo })))
    for (const socket of idle) afterTest(() => socket.destroy())
    const source = closing(await byteServer({ sendBytes: size.bulkMiB * mebibyte, seed }))
    const bulk = await connect({ proxy, target: source })
    const digest = awaitedLater(digestOf(bulk))
    const startMs = performance.now()
    for (let round = 1; round <= size.reloads; round++) {
      await write(round)
      server.kill('SIGHUP')
      await until(() => reloadsOf(server.output) === round, `reload ${round}`, { timeoutMs: 20_000 })
    }
    fact('reload', `${size.reloads} reloads in ${Math.round(performance.now() - startMs)} ms`)
    expect(await digest).toBe(seededDigest(seed, size.bulkMiB * mebibyte))
    const answers = await Promise.all(idle.map((socket, index) => echoed(socket, `idle ${index}`)))
    expect({ answers, downs }).toEqual({ answers: idle.map((_socket, index) => `idle ${index}`), downs: 0 })
  },
  long ? 600_000 : 60_000,
)

function reloadsOf(output: string): number {
  return output.match(/the configuration was read again: servers\.main/g)?.length ?? 0
}

async function digestOf(socket: Socket): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of socket as AsyncIterable<Buffer>) hash.update(chunk)
  return hash.digest('hex')
}

async function echoed(socket: Socket, text: string): Promise<string> {
  const answer = onceEvent(socket, 'data')
  socket.write(text)
  const [bytes] = await answer
  return String(bytes)
}
