import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { listenAt } from './listen-at.js'
import { ListeningSockets, listeningSockets } from './listening-sockets.js'

function server(says = 'old'): Server {
  const made = createServer((socket) => socket.end(says))
  onTestFinished(() => {
    if (made.listening) made.close()
  })
  return made
}

/** Returns the descriptor of a server that this process may have twice. */
/** A server at a UNIX socket that was passed on to the next process. */
async function passedOnSocket(): Promise<{ readonly old: Server; readonly path: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'ls-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'a.sock')
  const old = server()
  await listenAt(old, { path, mode: 0o600 })
  listeningSockets.passedOn(listeningSockets.passable)
  return { old, path }
}

function descriptorOf(place: string): number {
  return listeningSockets.passable.find((each) => each.place === place)?.fd ?? -1
}

describe.skipIf(process.platform === 'win32')('ListeningSockets', () => {
  test('names an open server by the place that was asked for', async () => {
    await listenAt(server(), { host: '127.0.0.1', port: 0 })
    expect(descriptorOf('127.0.0.1:0')).toBeGreaterThan(2)
  })

  test('forgets a server that is closed', async () => {
    const closed = server()
    await listenAt(closed, { host: '127.0.0.1', port: 0 })
    closed.close()
    await once(closed, 'close')
    expect(descriptorOf('127.0.0.1:0')).toBe(-1)
  })

  test('has nothing unused where nothing was inherited', () => {
    expect({ unused: listeningSockets.unused, listeningSockets: listeningSockets.take('127.0.0.1:1') }).toEqual({
      unused: [],
      listeningSockets: undefined,
    })
  })

  test('owns no file of a place before it has taken over', () => {
    const sockets = new ListeningSockets()
    const before = sockets.ownsFile('unix:/run/a.sock')
    sockets.tookOver()
    expect({ before, ownsFile: sockets.ownsFile('unix:/run/a.sock') }).toEqual({ before: false, ownsFile: true })
  })

  test('passedOn leaves the file of a UNIX socket to the next process', async () => {
    const { old, path } = await passedOnSocket()
    old.close()
    expect(existsSync(path)).toBe(true)
  })

  test('passedOn lets a server close whose file the next process has removed already', async () => {
    const { old, path } = await passedOnSocket()
    rmSync(path)
    expect(() => old.close()).not.toThrow()
  })
})
