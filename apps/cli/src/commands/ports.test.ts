import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LinkSocksServer } from '@ls/server'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseCommandLine, type RunOf } from '../arguments/command-line.js'
import { runPorts } from './ports.js'

let folder: string
let server: LinkSocksServer

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ls-ports-'))
  server = new LinkSocksServer({
    host: '127.0.0.1',
    port: 0,
    expose: { httpPort: 0 },
    api: { socket: join(folder, 'api.sock') },
  })
  const { token } = server.addReverseToken({ socksPort: 'none' })
  server.expose(token, 'http:app.example=localhost:3000')
  const named = server.addReverseToken({ socksPort: 'none', policy: { name: 'office' } })
  server.expose(named.token, 'http:docs.example=localhost:3001')
  await server.listen()
})
afterEach(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

/** Output of `linksocks ports`. */
async function ports(...argv: string[]): Promise<string[]> {
  const { settings } = parseCommandLine(
    ['ports', ...argv, '--api-socket', join(folder, 'api.sock')],
    {},
  ) as RunOf<'ports'>
  const lines: string[] = []
  await runPorts(settings, { print: (line) => lines.push(line) })
  return lines
}

describe('linksocks ports', () => {
  test('prints a line for each port and name', async () => {
    const line =
      /^http:app\.example -> localhost:3000 {2}token [0-9a-f]{12}, the server itself, since [\d:.TZ-]+, 0 connections$/
    expect((await ports())[0]).toMatch(line)
  })

  test('prints the name of a token that has one', async () => {
    expect((await ports())[1]).toContain('http:docs.example -> localhost:3001  token office,')
  })

  test('prints JSON', async () => {
    expect(JSON.parse((await ports('--json')).join())).toMatchObject([
      { open: 'http:app.example', token_name: null, connections: 0 },
      { open: 'http:docs.example', token_name: 'office' },
    ])
  })
})
