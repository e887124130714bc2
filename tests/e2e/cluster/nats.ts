import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ClusterStore, NatsStore } from '@ls/cluster'
import { freePort, within } from '@ls/testkit'
import { afterTest } from '../../stress/cleanup.js'

const installed = join(import.meta.dirname, '../../../.cache/peers/nats/bin/nats-server')

/** The NATS server that `tests/interop/install-peers.sh` installs; undefined if it is not installed. */
export const natsProgram = existsSync(installed) ? installed : undefined

if (natsProgram === undefined) {
  if (process.env['CI'] === 'true') throw new Error(`${installed} is missing: run tests/interop/install-peers.sh`)
  console.warn('\n*** nats-server is not installed: the tests over NATS are SKIPPED ***\n')
}

/**
 * A NATS server that ends after the test, and stores that use it.
 *
 * @param options Further options of its program
 */
export async function startNats(endLater = afterTest, options: readonly string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'ls-nats-'))
  const port = await freePort()
  const state: { program: ChildProcess | undefined } = { program: undefined }
  const start = async (): Promise<void> => {
    state.program = await run(port, folder, options)
  }
  const stop = async (): Promise<void> => {
    const { program } = state
    state.program = undefined
    if (program === undefined) return
    const ended = once(program, 'exit')
    program.kill('SIGKILL')
    await ended
  }
  const forget = (): void => rmSync(folder, { recursive: true, force: true })
  endLater(async () => {
    await stop()
    forget()
  })
  await start()
  const store = (): ClusterStore => new NatsStore({ servers: [`nats://127.0.0.1:${port}`] })
  return { url: `nats://127.0.0.1:${port}`, store, stop, start, forget }
}

/** Servers of NATS that form one cluster, none of which runs yet. They end after the test. */
export async function startNatsCluster(count: number) {
  const places = await Promise.all(
    Array.from({ length: count }, async () => ({ port: await freePort(), route: await freePort() })),
  )
  const routes = places.map(({ route }) => `nats://127.0.0.1:${route}`).join()
  const start = async (index: number): Promise<void> => {
    const { port, route } = places[index]!
    const folder = mkdtempSync(join(tmpdir(), 'ls-nats-'))
    const routing = ['--cluster_name', 'test', '--cluster', `nats://127.0.0.1:${route}`, '--routes', routes]
    const program = await run(port, folder, [...routing, '--server_name', `n${index}`, '--no_advertise'])
    afterTest(async () => {
      const ended = once(program, 'exit')
      program.kill('SIGKILL')
      await ended
      rmSync(folder, { recursive: true, force: true })
    })
  }
  return { urls: places.map(({ port }) => `nats://127.0.0.1:${port}`), start }
}

/** Resolves when it accepts clients. */
async function run(port: number, folder: string, more: readonly string[] = []): Promise<ChildProcess> {
  const options = ['--addr', '127.0.0.1', '--port', String(port), '--jetstream', '--store_dir', folder, ...more]
  const program = spawn(natsProgram ?? '', options, { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  const ready = new Promise<void>((resolve, reject) => {
    program.stderr.on('data', (chunk: Buffer) => {
      log += chunk.toString()
      if (log.includes('Server is ready')) resolve()
    })
    program.once('error', reject).once('exit', () => reject(new Error('nats-server ended')))
  })
  try {
    await within(ready, 'nats-server to be ready', { timeoutMs: 15_000 })
    return program
  } catch (error) {
    program.kill('SIGKILL')
    throw new Error(`${String(error)}\nIt printed:\n${log}`, { cause: error })
  }
}
