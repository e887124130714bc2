import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LinkSocksServer } from '@ls/server'
import { freePort } from '@ls/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseCommandLine, type RunOf } from '../arguments/command-line.js'
import { runToken } from './token.js'

let folder: string
let server: LinkSocksServer

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ls-token-'))
  server = new LinkSocksServer({
    host: '127.0.0.1',
    port: 0,
    api: { key: 'key', socket: join(folder, 'run/api.sock') },
  })
  await server.listen()
})
afterEach(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

/** Output of `linksocks token`. */
async function token(...argv: string[]): Promise<string[]> {
  const place = argv.includes('--api') ? [] : ['--api-socket', join(folder, 'run/api.sock')]
  const { words, settings } = parseCommandLine(['token', ...argv, ...place], {}) as RunOf<'token'>
  const lines: string[] = []
  await runToken(words, settings, { print: (line) => lines.push(line) })
  return lines
}

describe('linksocks token', () => {
  test('adds a token with a policy', async () => {
    const printed = await token('add', '-t', 'mine', '--name', 'ada', '--allow', 'a.test:443', '--max-links', '2')
    const policy = { name: 'ada', allow: ['a.test:443'], maxLinks: 2 }
    expect({ printed, kept: server.tokens()[0] }).toMatchObject({
      printed: ['token: mine'],
      kept: { token: 'mine', policy },
    })
  })

  test('refuses a name that another token has', async () => {
    await token('add', '--name', 'ada')
    await expect(token('add', '--name', 'ada')).rejects.toThrow('a token with the name "ada" exists already')
    expect(server.tokens()).toHaveLength(1)
  })

  test('reads a policy from a file, and adds to it', async () => {
    const file = join(folder, 'policy.json')
    writeFileSync(file, '{"guard":"private","name":"old"}')
    await token('add', '--policy', `@${file}`, '--name', 'new')
    expect(server.tokens()[0]?.policy).toEqual({ guard: 'private', name: 'new' })
  })

  test('adds a rate to that of a policy', async () => {
    await token(
      'add',
      '--policy',
      '{"rate":{"up":"1Mbit","burst":"1MB"}}',
      '--rate-up',
      '2Mbit',
      '--rate-down',
      '10Mbit',
    )
    expect(server.tokens()[0]?.policy).toEqual({ rate: { up: '2Mbit', down: '10Mbit', burst: '1MB' } })
  })

  test('gives a reverse token its SOCKS port, and the ports that its providers may open', async () => {
    const port = await freePort()
    const flags = ['--socks-port', String(port), '--ports', '2222,4000-4100']
    const printed = await token('add', '-t', 'mine', '--type', 'reverse', ...flags)
    expect(printed).toEqual(['token: mine', `port: ${port}`])
    await expect(token('add', '--type', 'reverse', '--ports', 'x')).rejects.toThrow('"x"')
  })

  test('refuses ports for a token that has none', async () => {
    await expect(token('add', '--ports', '2222')).rejects.toThrow('belongs to --type reverse')
  })

  test('lists the answer of the API with --json', async () => {
    await token('add', '-t', 'mine', '--name', 'ada')
    const listed = JSON.parse((await token('list', '--json')).join('')) as unknown
    expect(listed).toEqual([expect.objectContaining({ type: 'forward', policy: { name: 'ada' } })])
  })

  test('adds a quota, and shows how much of it is used', async () => {
    await token('add', '-t', 'mine', '--quota-day', '10GB', '--quota-end', 'slow', '--quota-rate', '1Mbit')
    const policy = { quota: { day: '10GB', atEnd: 'slow', rate: '1Mbit' } }
    const id = server.tokens()[0]?.id ?? ''
    expect({
      listed: (await token('list'))[0],
      shown: JSON.parse((await token('show', id)).join('\n')) as unknown,
    }).toMatchObject({
      listed: expect.stringContaining("0 % of the day's quota") as string,
      shown: { policy, quota: [{ period: 'day', used_bytes: 0, limit_bytes: 10_000_000_000 }] },
    })
  })

  test('lists tokens without their texts', async () => {
    server.addForwardToken('secret', { policy: { name: 'ada', note: 'laptop' } })
    expect(await token('list')).toEqual(['2bb80d537b1d  forward  0 clients    ada, laptop'])
  })

  test('shows a token by its name', async () => {
    server.addForwardToken('secret', { policy: { name: 'ada' } })
    expect(JSON.parse((await token('show', 'ada')).join('\n'))).toMatchObject({
      token: 'secret',
      policy: { name: 'ada' },
    })
  })

  test('revokes a token by its name', async () => {
    server.addForwardToken('secret', { policy: { name: 'ada' } })
    expect({ printed: await token('revoke', 'ada'), tokens: server.tokens() }).toEqual({
      printed: ['revoked: ada'],
      tokens: [],
    })
  })

  test('reaches the API over HTTP with its key', async () => {
    const url = `http://127.0.0.1:${server.address?.port}`
    expect(await token('add', '-t', 'mine', '--api', url, '--api-key', 'key')).toEqual(['token: mine'])
  })

  test.each([
    [['add', '--type', 'connector'], 'a connector token needs --reverse-token'],
    [['add', '--policy', '{"x":1}'], 'policy.x is no key here'],
    [['add', '--policy', '{'], '--policy cannot be read: '],
    [['add', '--policy', '[]'], '--policy must be a JSON object, or @FILE with one'],
    [['add', '--expires', 'tomorrow'], '--expires is not valid: "tomorrow" is no time'],
    [['add', '--quota-month', '10XB'], '--quota-month is "10XB"; it must be a number of bytes'],
    [['add', '--source', 'x'], '--source is not valid: "x" is no address'],
    [['add', '--policy', '{"rate":{"up":"fast"}}', '--rate-down', '1MB'], 'policy.rate.up is "fast"; it must be'],
    [['list', '--api', 'http://127.0.0.1:1'], '--api needs --api-key (-k)'],
    [['list', '--api', 'server'], '--api is no http:// or https:// URL'],
    [['show', 'nobody'], 'the server has no token "nobody"'],
    [['revoke', 'nobody'], 'the server has no token "nobody"'],
    [['revoke'], 'linksocks token revoke needs a token, its id or its name'],
    [['list', 'x'], 'linksocks token list has no further argument'],
    [[], 'token needs an action: linksocks token add|list|show|revoke'],
    [['make'], "'make' is no action of token: linksocks token add|list|show|revoke"],
  ])('says what is wrong with %j', async (argv, text) => {
    await expect(token(...argv)).rejects.toThrow(text)
  })

  test('says that no server listens', async () => {
    await server.close()
    await expect(token('list')).rejects.toThrow(/api\.sock cannot be reached: .*; start the server with --api-socket/)
  })
})
