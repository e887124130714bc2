import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LinkSocksClient } from '@ls/client'
import { faultRelay, freePort, seededDigest } from '@ls/testkit'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { closing } from '../stress/cleanup.js'
import { downloadThroughLosses } from './lossy-download.js'
import { PeerProcess } from './peer-process.js'
import { untilListening } from './ports.js'
import { requireRuntime } from './runtime.js'
import { transferSeed, transferServer } from './transfer.js'

// The server for Node, run by other runtimes with their own versions of Node's modules.

const program = `
  import { LinkSocksServer } from '@ls/server'
  const [port] = process.argv.slice(2)
  await new LinkSocksServer({ host: '127.0.0.1', port: Number(port), relay: {} }).listen()
`

const runtimes: readonly (readonly [name: string, command: string | undefined, options: readonly string[]])[] = [
  ['Deno', requireRuntime('deno', 'deno/deno'), ['run', '--quiet', '--no-config', '--allow-all']],
  ['Bun', requireRuntime('bun'), ['run']],
]

describe('the server in another runtime', () => {
  let folder: string
  let file: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'linksocks-server-'))
    file = join(folder, 'dist/program.mjs')
    // The server reads its version from the package.json above its own file.
    await writeFile(join(folder, 'package.json'), '{ "version": "0.0.0" }')
    await build({
      stdin: { contents: program, resolveDir: fileURLToPath(new URL('..', import.meta.url)) },
      bundle: true,
      format: 'esm',
      platform: 'node',
      mainFields: ['module', 'main'],
      outfile: file,
      logLevel: 'error',
      external: ['bufferutil', 'utf-8-validate'],
      banner: {
        js: `import{createRequire as requireFrom}from'node:module';const require=requireFrom(import.meta.url);`,
      },
    })
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  test.each(runtimes)(
    '%s relays a download over 5 losses of the link',
    { timeout: 60_000 },
    async (name, command, options) => {
      if (command === undefined) return
      const port = await freePort()
      const server = new PeerProcess(name, [command, ...options], [file, String(port)])
      try {
        await untilListening(port, server)
        const path = closing(await faultRelay({ host: '127.0.0.1', port }))
        const url = `ws://127.0.0.1:${path.port}`
        const provider = closing(new LinkSocksClient({ url, role: 'provider', reconnect: { delayMs: 50 } }))
        await provider.start()
        await provider.addConnector('code-of-a-test')
        const connector = closing(
          new LinkSocksClient({ url, token: 'code-of-a-test', proxy: { port: 0 }, reconnect: { delayMs: 50 } }),
        )
        await connector.start()
        const transfer = closing(await transferServer())
        const bytes = 8 * 1024 * 1024
        const socksPort = connector.socksAddress?.port ?? 0
        const digest = await downloadThroughLosses({ socksPort, target: transfer.port, bytes, path, losses: 5 })
        expect(digest).toBe(seededDigest(transferSeed, bytes))
      } finally {
        await server.stop()
      }
    },
  )
})
