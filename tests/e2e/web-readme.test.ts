import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LinkSocksServer } from '@ls/server'
import { tcpServer } from '@ls/testkit'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { afterTest, closing } from '../stress/cleanup.js'
import { requireNewerNode } from './newer-node.js'
import { runProgram } from './run-program.js'

// The first example in the README of `@ls/web`, with addresses of this machine.

const newerNode = requireNewerNode()
const webPackage = fileURLToPath(new URL('../../packages/web/', import.meta.url))

/** Returns the example, with each text in place of another; each must be there. */
async function example(replacements: Readonly<Record<string, string>>): Promise<string> {
  const readme = await readFile(join(webPackage, 'README.md'), 'utf8')
  let [, code = ''] = /```ts no-run\n([^]*?)```/.exec(readme) ?? []
  for (const [before, after] of Object.entries(replacements)) {
    if (!code.includes(before)) throw new Error(`the example has no ${before}`)
    code = code.replace(before, after)
  }
  return code
}

test.skipIf(newerNode === undefined)('the first example of the README runs', { timeout: 60_000 }, async () => {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, exit: { guard: 'none' } }))
  await server.listen()
  const database = closing(await tcpServer((socket) => socket.once('data', (data) => socket.end(data))))
  const printer = createServer((_, response) => response.end('ready')).listen(0, '127.0.0.1')
  await once(printer, 'listening')
  closing(printer)
  const code = await example({
    "'@ls/web'": "'./src/index.ts'",
    'wss://example.org': `ws://127.0.0.1:${server.address?.port}`,
    secret: server.addForwardToken(),
    "host: 'db.internal', port: 5432": `host: '127.0.0.1', port: ${database.port}`,
    'http://printer.local/': `http://127.0.0.1:${(printer.address() as AddressInfo).port}/`,
  })
  const folder = await mkdtemp(join(tmpdir(), 'linksocks-readme-'))
  afterTest(() => rm(folder, { recursive: true, force: true }))
  const outfile = join(folder, 'example.mjs')
  const stdin = { contents: `${code}\nlink.close()`, resolveDir: webPackage, loader: 'ts' } as const
  await build({ stdin, bundle: true, format: 'esm', platform: 'browser', conditions: ['@ls/source'], outfile })
  const { output, errors } = await runProgram(newerNode ?? '', [outfile])
  expect({ output: output.trim().split('\n'), errors }).toEqual({ output: ['5', '200 ready'], errors: '' })
})
