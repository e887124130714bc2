import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { OwnersInFolder } from './owners-in-folder.js'
import { makeSessionId } from './session-id.js'

/** Two processes in one folder. */
function make() {
  const folder = mkdtempSync(join(tmpdir(), 'ls-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const [owner, other] = [new OwnersInFolder(folder), new OwnersInFolder(folder)]
  return { owner, other, sessionId: makeSessionId(owner.ownId) }
}

describe.skipIf(process.platform === 'win32')('OwnersInFolder', () => {
  test('connects to the owner of a session', async () => {
    const { owner, other, sessionId } = make()
    const server = createServer((socket) => socket.end('the owner'))
    await new Promise<void>((resolve) => server.listen(owner.ownPath, resolve))
    onTestFinished(() => void server.close())
    const socket = await other.findOwner(sessionId)?.connect()
    expect(String((await socket?.toArray())?.[0])).toBe('the owner')
  })

  test.each([
    ['is gone', () => {}],
    ['has left a file that is no socket', (path: string) => writeFileSync(path, '')],
  ])('finds no owner that %s', (_what, leave) => {
    const { owner, other, sessionId } = make()
    leave(owner.ownPath)
    expect(other.findOwner(sessionId)).toBeUndefined()
  })

  test('forgets an owner that was killed', async () => {
    const { owner, other, sessionId } = make()
    const program = `require('net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`
    spawnSync(process.execPath, ['-e', program, owner.ownPath])
    await expect(other.findOwner(sessionId)?.connect()).rejects.toMatchObject({ code: 'ECONNREFUSED' })
    expect(existsSync(owner.ownPath)).toBe(false)
  })
})
