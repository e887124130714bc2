import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onceEvent } from '@ls/testkit'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readLimitedFile } from './read-limited-file.js'

let path = ''
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), 'limited-')), 'f')
})
afterEach(() => rmSync(join(path, '..'), { recursive: true }))

describe('readLimitedFile', () => {
  test('reads a file of just the largest size', () => {
    writeFileSync(path, 'x'.repeat(100_000))
    expect(readLimitedFile(path, 100_000).length).toBe(100_000)
  })

  test('refuses a larger one', () => {
    writeFileSync(path, 'abcd')
    expect(() => readLimitedFile(path, 3)).toThrow(`${path} has more than 3 bytes`)
  })

  test('refuses a folder', () => {
    mkdirSync(path)
    expect(() => readLimitedFile(path, 3)).toThrow(`${path} is a folder`)
  })

  test('passes on the error of the system', () => {
    expect(() => readLimitedFile(path, 3)).toThrow(expect.objectContaining({ code: 'ENOENT' }))
  })
})

describe.skipIf(process.platform === 'win32')('readLimitedFile, with devices and pipes,', () => {
  /** Longer than any machine needs to start a shell. */
  const longMs = 60_000

  /** A shell that writes to the pipe, once it has begun. */
  async function writer(script: string): Promise<void> {
    execFileSync('mkfifo', [path])
    // The shell itself opens the pipe, so it waits there for the reader.
    await onceEvent(spawn('sh', ['-c', `exec > "$0"; ${script}`, path], { stdio: 'ignore' }), 'spawn')
  }

  test('refuses a device without an end', () => {
    expect(() => readLimitedFile('/dev/zero', 1000)).toThrow('/dev/zero has more than 1000 bytes')
  })

  test('takes an empty device as an empty file', () => {
    expect(readLimitedFile('/dev/null', 1000).length).toBe(0)
  })

  test('does not wait for a writer when there is no time', () => {
    execFileSync('mkfifo', [path])
    expect(() => readLimitedFile(path, 1000, 0)).toThrow(`${path} is a pipe that nothing is written to`)
  })

  test.runIf(process.platform === 'linux')('takes a pipe of a shell whose writer has ended as an empty file', () => {
    const module = new URL('../../dist/index.js', import.meta.url).href
    const script = `
      import { readLimitedFile } from ${JSON.stringify(module)}
      console.log(readLimitedFile('/dev/stdin', 1000, ${longMs}).length)`
    const node = [process.execPath, '--input-type=module', '-e', script]
    expect(execFileSync('sh', ['-c', ': | "$@"', 'sh', ...node], { encoding: 'utf8' })).toBe('0\n')
  })

  test('takes a pipe that its writer closes without a byte as an empty file', async () => {
    await writer('sleep 0.1')
    expect(readLimitedFile(path, 1000, longMs).length).toBe(0)
  })

  test('reads what a writer sends in parts', async () => {
    await writer('printf a; sleep 0.1; printf b')
    expect(readLimitedFile(path, 1000, longMs).toString()).toBe('ab')
  })

  test('refuses a pipe with more bytes', async () => {
    await writer('printf abcd')
    expect(() => readLimitedFile(path, 3, longMs)).toThrow(`${path} has more than 3 bytes`)
  })
})
