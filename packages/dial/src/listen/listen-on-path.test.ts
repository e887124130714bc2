import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { listenOnPath } from './listen-on-path.js'

async function socketPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ls-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return join(folder, 'port.sock')
}

function server(): Server {
  const made = createServer((socket) => socket.end())
  onTestFinished(() => void made.close())
  return made
}

test.each([0o600, 0o660])('listenOnPath gives the socket file mode %o', async (mode) => {
  const path = await socketPath()
  await listenOnPath(server(), path, { mode })
  expect((await stat(path)).mode & 0o777).toBe(mode)
})

test('listenOnPath accepts connections', async () => {
  const path = await socketPath()
  await listenOnPath(server(), path, { mode: 0o600 })
  const client = connect({ path })
  await once(client, 'connect')
  expect(client.destroy().errored).toBeNull()
})

test('listenOnPath keeps a file that is no socket', async () => {
  const path = await socketPath()
  await writeFile(path, 'kept')
  await expect(listenOnPath(server(), path, { mode: 0o600 })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  expect((await stat(path)).isFile()).toBe(true)
})

test('listenOnPath keeps a socket that a program listens on', async () => {
  const path = await socketPath()
  await listenOnPath(server(), path, { mode: 0o600 })
  await expect(listenOnPath(server(), path, { mode: 0o600 })).rejects.toMatchObject({ code: 'EADDRINUSE' })
})

test('listenOnPath gives up when its signal aborts', async () => {
  const signal = AbortSignal.abort(new Error('stop'))
  await expect(listenOnPath(server(), await socketPath(), { mode: 0o600, signal })).rejects.toMatchObject({
    name: 'AbortError',
  })
})
