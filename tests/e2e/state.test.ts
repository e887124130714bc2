import { request } from 'node:http'
import { join } from 'node:path'
import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer, ServerState } from '@ls/server'
import { onceEvent } from '@ls/testkit'
import { describe, expect, test } from 'vitest'
import { closing } from '../stress/cleanup.js'
import { Program } from './program.js'
import { temporaryFolder } from './temporary-folder.js'

/** Calls the API of a socket; rejects when the server ends before it has answered. */
function call(socketPath: string, method: string, path: string, body: object = {}): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body)
    const headers = { 'content-length': Buffer.byteLength(text) }
    const asked = request({ socketPath, method, path, headers }, (response) => {
      let answer = ''
      response.on('data', (chunk: Buffer) => (answer += chunk.toString()))
      response.on('error', reject)
      response.on('end', () => {
        if (answer === '') reject(new Error('there was no answer'))
        else resolve(JSON.parse(answer))
      })
    })
    asked.on('error', reject)
    asked.end(text)
  })
}

/** Adds and revokes tokens until the server ends; returns its answers. */
async function changeTokens(
  socketPath: string,
  round: number,
  onAnswer: (count: number) => void,
): Promise<Map<string, boolean>> {
  const known = new Map<string, boolean>()
  let answers = 0
  const worker = async (name: string): Promise<void> => {
    for (let count = 0; ; count++) {
      const token = `${round}-${name}-${count}`
      await call(socketPath, 'POST', '/api/token', { type: 'forward', token })
      known.set(token, true)
      onAnswer(++answers)
      if (count % 3 !== 0) continue
      // Without an answer, the token may or may not be valid.
      known.delete(token)
      await call(socketPath, 'DELETE', `/api/token/${token}`)
      known.set(token, false)
      onAnswer(++answers)
    }
  }
  await Promise.allSettled(['a', 'b', 'c', 'd'].map(worker))
  return known
}

describe('linksocks server --state', () => {
  test('has every token that was answered after kill -9 at any moment', { timeout: 120_000 }, async () => {
    const folder = await temporaryFolder()
    const known = new Map<string, boolean>()
    for (const round of [1, 2, 3, 4, 5]) {
      const socket = join(folder, `api-${round}.sock`)
      const state = join(folder, 'state.json')
      const arguments_ = ['--state', state, '--api-socket', socket, '--ws-host', '127.0.0.1', '--ws-port', '0']
      const server = new Program('server', ...arguments_)
      await server.printed(/listening: /)
      const found = new Set(((await call(socket, 'GET', '/api/status')) as Status).tokens.map(({ token }) => token))
      expect([...known].filter(([token, isThere]) => found.has(token) !== isThere)).toEqual([])
      const last = 20 + Math.floor(Math.random() * 100)
      const killSoon = (count: number): void => {
        if (count === last) setTimeout(() => server.kill('SIGKILL'), Math.random() * 5)
      }
      const changed = await changeTokens(socket, round, killSoon)
      for (const [token, isThere] of changed) known.set(token, isThere)
      await server.exit()
    }
  })

  test('keeps made-up tokens the same', async () => {
    const folder = await temporaryFolder()
    const made: (string | undefined)[] = []
    for (let round = 0; round < 2; round++) {
      const server = new Program(
        'server',
        '-r',
        '--state',
        join(folder, 's.json'),
        '--ws-port',
        '0',
        '--socks-port',
        '0',
      )
      await server.printed(/connector token: \w+/)
      made.push(/^token: (\w+)/m.exec(server.output)?.[1], /^connector token: (\w+)/m.exec(server.output)?.[1])
      server.kill('SIGTERM')
      await server.exit()
    }
    expect(made.slice(0, 2)).toEqual(made.slice(2))
  })
})

interface Status {
  readonly tokens: readonly { readonly token: string }[]
}

describe('a LinkSocksServer with a state', () => {
  async function start(path: string): Promise<LinkSocksServer> {
    const options = { host: '127.0.0.1', port: 0, state: await ServerState.open(path), api: { key: 'k' } }
    const server = closing(new LinkSocksServer(options))
    server.addReverseToken({ token: 'provider', allowManageConnector: true })
    await server.listen()
    return server
  }

  test('keeps the connector tokens of providers', async () => {
    const path = join(await temporaryFolder(), 'state.json')
    const first = await start(path)
    const url = `ws://127.0.0.1:${first.address?.port}`
    const provider = closing(
      new LinkSocksClient({ url, token: 'provider', role: 'provider', reconnect: { delayMs: 10 } }),
    )
    await provider.start()
    await provider.addConnector('laptop')
    const gone = onceEvent(first, 'clientDisconnected')
    await provider.close()
    await gone
    await first.close()
    const second = await start(path)
    const status = second.tokens().find(({ token }) => token === 'laptop')
    expect(status).toMatchObject({ kind: 'connector', kept: true, reverseToken: 'provider', byProvider: true })
  })

  test('keeps a policy with its token', async () => {
    const path = join(await temporaryFolder(), 'state.json')
    const first = await start(path)
    first.addForwardToken('f', { policy: { name: 'ada', maxLinks: 3 } })
    await first.keepToken('f')
    await first.close()
    const second = await start(path)
    expect(second.tokens().find(({ token }) => token === 'f')?.policy).toEqual({ name: 'ada', maxLinks: 3 })
  })
})
