import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LinkSocksServer } from '@ls/server'
import { byteServer, echoServer, seededDigest } from '@ls/testkit'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { requireNewerNode } from '../e2e/newer-node.js'
import { runProgram } from '../e2e/run-program.js'
import { closing } from '../stress/cleanup.js'

// `@ls/web` where there is no page: Deno, Bun and a Node that has a WebSocket.

const peers = process.env['LINKSOCKS_PEERS'] || fileURLToPath(new URL('../../.cache/peers', import.meta.url))

/** A program of npm, or undefined when it is not installed: the suite then skips, loudly, and fails in CI. */
function requireRuntime(name: string): string | undefined {
  const path = join(peers, 'runtimes/node_modules/.bin', name)
  if (existsSync(path)) return path
  const cure = 'run tests/interop/install-peers.sh'
  if (process.env['CI'] === 'true') throw new Error(`interop: '${name}' is missing; ${cure}`)
  console.warn(`\n*** interop: '${name}' is missing, its tests are SKIPPED; ${cure} ***\n`)
  return undefined
}

const runtimes: readonly (readonly [name: string, program: string | undefined, options: readonly string[]])[] = [
  ['Deno', requireRuntime('deno'), ['run', '--quiet', '--no-config', '--allow-net', '--allow-env']],
  ['Bun', requireRuntime('bun'), ['run']],
  ['the newer Node', requireNewerNode(), []],
]

/** Downloads, and prints the hash; then half-closes an echo, and prints what came back. */
const program = `
  import { connect } from './src/index.ts'
  const [url, token, bytesPort, echoPort] = (globalThis.Deno?.args ?? process.argv.slice(2)).slice(0)
  const link = await connect(url, { token })
  const { readable } = link.openTcp({ host: '127.0.0.1', port: Number(bytesPort) })
  const digest = await crypto.subtle.digest('SHA-256', await new Response(readable).arrayBuffer())
  console.log(Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join(''))
  const echo = link.openTcp({ host: '127.0.0.1', port: Number(echoPort) })
  const writer = echo.writable.getWriter()
  await writer.write(new TextEncoder().encode('echo'))
  await writer.close()
  console.log(await new Response(echo.readable).text())
  link.close()
`

describe.each(runtimes)('@ls/web in %s', (_, path, options) => {
  let folder: string
  let file: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'linksocks-runtime-'))
    file = join(folder, 'program.mjs')
    const resolveDir = fileURLToPath(new URL('../../packages/web', import.meta.url))
    const format = 'esm'
    const stdin = { contents: program, resolveDir }
    await build({ stdin, bundle: true, format, platform: 'browser', conditions: ['@ls/source'], outfile: file })
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  test.skipIf(path === undefined)('downloads 8 MiB and half-closes', { timeout: 60_000 }, async () => {
    const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, guard: 'none' }))
    await server.listen()
    const bytes = 8 * 1_048_576
    const [source, echo] = [closing(await byteServer({ sendBytes: bytes })), closing(await echoServer())]
    const places = [`ws://127.0.0.1:${server.address?.port}`, server.addForwardToken(), source.port, echo.port]
    const { output, errors } = await runProgram(path ?? '', [...options, file, ...places.map(String)])
    expect({ lines: output.trim().split('\n'), errors }).toEqual({
      lines: [seededDigest(1, bytes), 'echo'],
      errors: '',
    })
  })
})
