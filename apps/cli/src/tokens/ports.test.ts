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
      /^http:app\.example -> localhost:3000 {2}token \w+, the server itself, since [\d:.TZ-]+, 0 connections$/
    expect(await ports()).toEqual([expect.stringMatching(line)])
  })

  test('prints JSON', async () => {
    expect(JSON.parse((await ports('--json')).join())).toMatchObject([{ open: 'http:app.example', connections: 0 }])
  })
})
