import { EventEmitter } from 'node:events'
import { mkdtempSync, readFile, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest'
import { leakCheck } from './leak-check.js'
import { requireProgram } from './program.js'
import { seededBytes, seededDigest } from './seeded-bytes.js'
import { loadVectors } from './vectors.js'
import { onceEvent, until, within } from './wait.js'

afterEach(() => {
  vi.restoreAllMocks()
})

describe('leakCheck', () => {
  test('names open handles', async () => {
    const assertNoLeak = leakCheck()
    const server = createServer().listen(0)
    await onceEvent(server, 'listening')
    await expect(assertNoLeak()).rejects.toThrow('left open: 1 × TCPServerWrap')
    server.close()
  })

  test('waits for handles that are closing', async () => {
    const assertNoLeak = leakCheck()
    setTimeout(() => {}, 20)
    await expect(assertNoLeak()).resolves.toBeUndefined()
  })

  test('does not count handles that were open before', async () => {
    const server = createServer().listen(0)
    await onceEvent(server, 'listening')
    await expect(leakCheck()()).resolves.toBeUndefined()
    server.close()
  })
})

describe('seededBytes', () => {
  test('gives the same bytes however they are taken', () => {
    const parts = seededBytes(5)
    const joined = Buffer.concat([parts.take(1), parts.take(0), parts.take(998), parts.take(1)])
    expect(joined).toEqual(seededBytes(5).take(1000))
  })

  test('gives other bytes for another seed', () => {
    expect(seededBytes(1).take(16)).not.toEqual(seededBytes(2).take(16))
  })

  test('never changes, since stored hashes rely on it', () => {
    expect(seededDigest(1, 1_000_000)).toMatchInlineSnapshot(
      `"159aef89dbb712326f1890348cbfcc52eab62d315d548517d1c7472f9d44c18f"`,
    )
  })
})

describe('requireProgram', () => {
  test('finds a program', () => {
    const folder = mkdtempSync(join(tmpdir(), 'testkit-'))
    const path = join(folder, 'tool')
    writeFileSync(path, '', { mode: 0o755 })
    expect(requireProgram('tool', { PATH: `/nowhere:${folder}` })).toBe(path)
    rmSync(folder, { recursive: true })
  })

  test.each([
    ['Ncat: Version 7.93', undefined],
    ['OpenBSD netcat (Debian patchlevel 1.219-1)', 'nc'],
  ])('takes a program that says %j for %j', (words, found) => {
    vi.spyOn(console, 'warn').mockImplementation(() => {})
    const folder = mkdtempSync(join(tmpdir(), 'testkit-'))
    const path = join(folder, 'nc')
    writeFileSync(path, `#!/bin/sh\necho '${words}' >&2\n`, { mode: 0o755 })
    expect(requireProgram('nc', { PATH: folder })).toBe(found === undefined ? undefined : path)
    rmSync(folder, { recursive: true })
  })

  test('warns loudly where a program is missing', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {})
    expect({ requireProgram: requireProgram('no-such-program', { PATH: '' }), calls: warn.mock.calls.length }).toEqual({
      requireProgram: undefined,
      calls: 1,
    })
  })

  test('throws where a program is missing in CI', () => {
    expect(() => requireProgram('no-such-program', { PATH: '', CI: 'true' })).toThrow("'no-such-program' is needed")
  })
})

describe('waits', () => {
  test('within names what did not come', async () => {
    await expect(within(new Promise(() => {}), 'a miracle', { timeoutMs: 5 })).rejects.toThrow(
      'waited 5 ms in vain for a miracle',
    )
  })

  test('within passes on value and error', async () => {
    expect(await within(Promise.resolve(3), 'a value')).toBe(3)
    await expect(within(Promise.reject(new Error('no')), 'a value')).rejects.toThrow('no')
  })

  test('onceEvent gives the arguments', async () => {
    const emitter = new EventEmitter()
    queueMicrotask(() => emitter.emit('data', 1, 2))
    expect(await onceEvent(emitter, 'data')).toEqual([1, 2])
  })

  test('onceEvent in vain leaves no listener', async () => {
    const emitter = new EventEmitter()
    await onceEvent(emitter, 'data', { timeoutMs: 5 }).catch(() => {})
    expect(emitter.listenerCount('data')).toBe(0)
  })

  test('until in vain says what for', async () => {
    await expect(until(() => false, 'spring', { timeoutMs: 5 })).rejects.toThrow('in vain for spring')
  })

  test('until leaves the processor to others while nothing happens', async () => {
    let looks = 0
    const condition = (): boolean => {
      looks++
      return false
    }
    await until(condition, 'spring', { timeoutMs: 200 }).catch(() => {})
    expect(looks).toBeLessThan(11_000)
  })

  test('until sees what is true for one turn of the event loop', async () => {
    let isTrue = false
    const waiting = until(() => isTrue, 'the moment')
    setTimeout(() => {
      isTrue = true
      setImmediate(() => (isTrue = false))
    }, 20)
    await expect(waiting).resolves.toBeUndefined()
  })

  test('until waits while the timers of the program are replaced', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    let text = ''
    readFile(import.meta.filename, 'utf8', (_error, read) => (text = read))
    await until(() => text !== '', 'the file')
    expect(text).toContain('until waits')
  })

  test.each([
    ['within', () => within(new Promise(() => {}), 'a miracle', { timeoutMs: 1 })],
    ['onceEvent', () => onceEvent(new EventEmitter(), 'data', { timeoutMs: 1 })],
    ['until', () => until(() => false, 'spring', { timeoutMs: 1 })],
  ])('%s that fails before its caller awaits it is no error outside of tests', async (_name, begin) => {
    const unhandled: unknown[] = []
    const note = (reason: unknown): void => void unhandled.push(reason)
    process.on('unhandledRejection', note)
    const waiting = begin()
    await new Promise((resolve) => setTimeout(resolve, 20))
    process.off('unhandledRejection', note)
    await expect(waiting).rejects.toThrow('waited 1 ms in vain')
    expect(unhandled).toEqual([])
  })
})

test('loadVectors names a file that is missing', () => {
  expect(() => loadVectors('no-such-file.json')).toThrow(/no test vectors in .*no-such-file\.json/)
})
