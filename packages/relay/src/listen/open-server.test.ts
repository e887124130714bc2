import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { connect, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { afterTest } from '../../testing/cleanup.js'
import { openServer } from './open-server.js'

async function socketPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'linksocks-test-'))
  afterTest(() => rm(folder, { recursive: true }))
  return join(folder, 'proxy.sock')
}

function server(): Server {
  const made = createServer((socket) => socket.end())
  afterTest(() => made.close())
  return made
}

/** Leaves a socket file behind, like a program that was killed. */
async function leaveBehind(path: string): Promise<void> {
  const { spawnSync } = await import('node:child_process')
  const script = `require('net').createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`
  spawnSync(process.execPath, ['-e', script])
  expect((await stat(path)).isSocket()).toBe(true)
}

test('openServer opens a UNIX socket only for its owner', async () => {
  const path = await socketPath()
  expect(await openServer(server(), { path })).toEqual({ path })
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('openServer leaves the umask of the process as it was', async () => {
  await openServer(server(), { path: await socketPath() })
  const file = join(await socketPath(), '..', 'file')
  await writeFile(file, '')
  // Files of other users keep their mode: the process's mask was not changed.
  expect((await stat(file)).mode & 0o077).not.toBe(0)
})

test('openServer replaces a socket file that a program left behind', async () => {
  const path = await socketPath()
  await leaveBehind(path)
  await openServer(server(), { path })
  const client = connect({ path })
  await once(client, 'connect')
  expect(client.destroy().errored).toBeNull()
})

test('openServer keeps a socket on which a program listens', async () => {
  const path = await socketPath()
  await openServer(server(), { path })
  await expect(openServer(server(), { path })).rejects.toMatchObject({
    code: 'EADDRINUSE',
    message: `the proxy port cannot listen on unix:${path}: another program listens there, or the path is a file that is no socket`,
  })
})

test('openServer keeps a file that is no socket', async () => {
  const path = await socketPath()
  await writeFile(path, 'precious')
  await expect(openServer(server(), { path })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  expect(await readFile(path, 'utf8')).toBe('precious')
})

test('openServer says that the folder is missing', async () => {
  const path = join(await socketPath(), 'nested')
  await expect(openServer(server(), { path })).rejects.toThrow('the folder does not exist')
})

test('openServer removes the socket file when the server closes', async () => {
  const path = await socketPath()
  const made = server()
  await openServer(made, { path })
  made.close()
  await once(made, 'close')
  await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' })
})

test('openServer reports the port that the system chose', async () => {
  const address = await openServer(server(), { host: '127.0.0.1', port: 0 })
  expect(address).toEqual({ host: '127.0.0.1', port: expect.any(Number) as number })
})

test('openServer names a port that is in use', async () => {
  const { port } = (await openServer(server(), { host: '127.0.0.1', port: 0 })) as { port: number }
  await expect(openServer(server(), { host: '127.0.0.1', port })).rejects.toThrow(
    `cannot listen on 127.0.0.1:${port}: the port is in use by another program`,
  )
})
