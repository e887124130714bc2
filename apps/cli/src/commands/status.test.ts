import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LinkSocksServer } from '@ls/server'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseCommandLine, type RunOf } from '../arguments/command-line.js'
import { runStatus } from './status.js'

let folder: string
let server: LinkSocksServer

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'ls-status-'))
  server = new LinkSocksServer({ host: '127.0.0.1', port: 0, api: { key: 'key', socket: join(folder, 'api.sock') } })
  await server.listen()
})
afterEach(async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})

test.each([
  ['--api', () => ['--api', `http://127.0.0.1:${server.address?.port}`, '-k', 'key']],
  ['a URL', () => [`http://127.0.0.1:${server.address?.port}`, '-k', 'key']],
  ['--api-socket', () => ['--api-socket', join(folder, 'api.sock')]],
  ['the socket of the API, as top', () => [`unix:${join(folder, 'api.sock')}`]],
])('runStatus takes %s', async (_place, flags) => {
  const { target, settings } = parseCommandLine(['status', ...flags()], {}) as RunOf<'status'>
  const lines: string[] = []
  await runStatus(target, settings, { print: (line) => lines.push(line), stop: new AbortController().signal })
  expect(lines[0]).toMatch(/^server .*: ready$/)
})

test('runStatus says what to do when nothing answers at the socket', async () => {
  const { target, settings } = parseCommandLine(
    ['status', '--api-socket', join(folder, 'none.sock')],
    {},
  ) as RunOf<'status'>
  const status = runStatus(target, settings, { print: () => {}, stop: new AbortController().signal })
  await expect(status).rejects.toThrow(
    /none\.sock does not answer: connect ENOENT .*; start the server with --api-socket, or /,
  )
})
