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
import { requireRuntime } from './runtime.js'

// `@ls/web` where there is no page: Deno, Bun, a Node that has a WebSocket, and a Worker of Cloudflare's workerd.

/**
 * How each runtime runs a program: its command, the arguments before the file, and how the program gets its own
 * arguments.
 */
const runtimes: readonly (readonly [name: string, Runtime])[] = [
  [
    'Deno',
    {
      command: requireRuntime('deno', 'deno/deno'),
      options: ['run', '--quiet', '--no-config', '--allow-net', '--allow-env'],
    },
  ],
  ['Bun', { command: requireRuntime('bun'), options: ['run'] }],
  ['the newer Node', { command: requireNewerNode(), options: [] }],
  ['workerd', inWorkerd(requireRuntime('miniflare', 'miniflare/dist/src/index.js'))],
]

interface Runtime {
  /** Undefined when it is not installed. */
  readonly command: string | undefined
  readonly options: readonly string[]
  /** Source that calls `main` with the arguments, and prints its lines. */
  readonly start?: string
}

/** A Worker has neither arguments nor output: both travel in a request, which miniflare passes to workerd. */
function inWorkerd(miniflare: string | undefined): Runtime {
  return {
    command: miniflare && process.execPath,
    options: [fileURLToPath(new URL('run-worker.mjs', import.meta.url)), miniflare ?? ''],
    start: `
      export default {
        async fetch(request) {
          const lines = []
          await main(await request.json(), (line) => lines.push(line))
          return Response.json(lines)
        }
      }`,
  }
}

/** Downloads, and prints the hash; then half-closes an echo, and prints its answer. */
const program = `
  import { connect } from './src/index.ts'
  async function main([url, token, bytesPort, echoPort], print) {
    const link = await connect(url, { token })
    const { readable } = link.openTcp({ host: '127.0.0.1', port: Number(bytesPort) })
    const digest = await crypto.subtle.digest('SHA-256', await new Response(readable).arrayBuffer())
    print(Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join(''))
    const echo = link.openTcp({ host: '127.0.0.1', port: Number(echoPort) })
    const writer = echo.writable.getWriter()
    await writer.write(new TextEncoder().encode('echo'))
    await writer.close()
    print(await new Response(echo.readable).text())
    link.close()
  }
`

const fromCommandLine = 'await main(globalThis.Deno?.args ?? process.argv.slice(2), console.log)'

describe.each(runtimes)('@ls/web in %s', (_, { command, options, start = fromCommandLine }) => {
  let folder: string
  let file: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'linksocks-runtime-'))
    file = join(folder, 'program.mjs')
    const resolveDir = fileURLToPath(new URL('../../packages/web', import.meta.url))
    const format = 'esm'
    const stdin = { contents: program + start, resolveDir }
    await build({ stdin, bundle: true, format, platform: 'browser', conditions: ['@ls/source'], outfile: file })
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  test.skipIf(command === undefined)('downloads 8 MiB and half-closes', { timeout: 60_000 }, async () => {
    const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, exit: { guard: 'none' } }))
    await server.listen()
    const bytes = 8 * 1_048_576
    const [source, echo] = [closing(await byteServer({ sendBytes: bytes })), closing(await echoServer())]
    const places = [`ws://127.0.0.1:${server.address?.port}`, server.addForwardToken(), source.port, echo.port]
    const { output, errors } = await runProgram(command ?? '', [...options, file, ...places.map(String)])
    expect({ lines: output.trim().split('\n'), errors }).toEqual({
      lines: [seededDigest(1, bytes), 'echo'],
      errors: '',
    })
  })
})
