import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { onceEvent } from '@ls/testkit'
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest'
import { PrimarySocket } from './primary-socket.js'
import { apiSuffix } from './worker-server.js'

let folder = ''

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'primary-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Connects to the socket of a primary whose workers are in `workers`. */
async function callerOf(workers: string): Promise<Socket> {
  const path = join(folder, 'api')
  const primary = await PrimarySocket.open(path, workers)
  const caller = connect(path).on('error', () => {})
  onTestFinished(() => {
    caller.destroy()
    primary.close()
  })
  return caller
}

/** The socket of a worker that answers with what it gets. */
async function startWorker(): Promise<void> {
  const server = createServer((socket) => void socket.on('error', () => {}).pipe(socket))
  server.listen(join(folder, `1${apiSuffix}`))
  await once(server, 'listening')
  onTestFinished(() => void server.close())
}

test('PrimarySocket joins a caller with a worker', async () => {
  await startWorker()
  const caller = await callerOf(folder)
  caller.write('hello')
  const [answer] = (await once(caller, 'data')) as [Buffer]
  expect(answer.toString()).toBe('hello')
})

test.each(['empty', 'gone'])('PrimarySocket ends a caller where the folder of the workers is %s', async (what) => {
  const unhandled: unknown[] = []
  const onUnhandled = (error: unknown): void => void unhandled.push(error)
  process.on('unhandledRejection', onUnhandled)
  onTestFinished(() => void process.off('unhandledRejection', onUnhandled))
  const caller = await callerOf(what === 'empty' ? folder : join(folder, 'none'))
  await onceEvent(caller.resume(), 'close')
  await setImmediate()
  expect(unhandled).toEqual([])
})
