import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { textOf } from '@ls/foundation'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { ServerState } from './server-state.js'
import { formatState, parseState } from './state-content.js'

let folder: string
let path: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ls-state-'))
  path = join(folder, 'state.json')
})
afterEach(() => rmSync(folder, { recursive: true }))

const tokens = [
  { kind: 'reverse', token: 'r', port: 9870, username: 'ada', password: 'secret', allowManageConnector: true },
  { kind: 'connector', token: 'c', reverseToken: 'r', owner: '00' },
  { kind: 'forward', token: 'f', policy: { maxLinks: 2 } },
] as const

describe('ServerState', () => {
  test('is not written after a handover, until it is taken back', async () => {
    const state = await ServerState.open(path)
    await state.handOver()
    state.takeFrom(() => tokens)
    const saved = state.save()
    const before = readdirSync(folder)
    state.takeBack()
    await saved
    expect({ before, tokens: (await ServerState.open(path)).found.tokens }).toEqual({ before: [], tokens })
  })

  test.skipIf(process.platform === 'win32')('is not read from a device, which a write would replace', async () => {
    symlinkSync('/dev/null', path)
    await expect(ServerState.open(path)).rejects.toThrow(`the state file ${path} cannot be read: it is no regular file`)
  })

  test('that another process has refuses changes', async () => {
    const state = await ServerState.open(path)
    await state.handOver()
    const saved = state.save()
    state.released()
    await expect(saved).rejects.toMatchObject({ code: 'ERR_SERVER_STATE' })
  })

  test('gives all that it has to the process that takes over', async () => {
    const state = ServerState.inMemory()
    state.takeFrom(() => tokens)
    const made = state.made('token')
    const taken = ServerState.handedOver(await state.handOver(), path)
    expect({ tokens: taken.found.tokens, made: taken.made('token') }).toEqual({ tokens, made })
  })

  test('reports the use of tokens after a handover', async () => {
    const state = ServerState.inMemory()
    const used = (bytes: number) => ({ key: { month: { period: '2026-11', bytes } } })
    state.takeUsedFrom(() => used(5))
    await state.handOver()
    state.takeUsedFrom(() => used(8))
    expect({ first: state.usedSince(), second: state.usedSince() }).toEqual({ first: { key: 3 }, second: {} })
  })

  test('of no file is empty', async () => {
    expect((await ServerState.open(path)).found).toEqual({ tokens: [], made: {}, used: {} })
  })

  test('returns the saved state', async () => {
    const state = await ServerState.open(path)
    state.takeFrom(() => tokens)
    await state.save()
    expect((await ServerState.open(path)).found.tokens).toEqual(tokens)
  })

  test('makes a token up once', async () => {
    const state = await ServerState.open(path)
    const token = state.made('token')
    await state.save()
    expect((await ServerState.open(path)).made('token')).toBe(token)
  })

  test('never gives one made-up token for two names', async () => {
    const state = await ServerState.open(path)
    const [first, second] = [state.made('1'), state.made('2')]
    state.setMade('1', second)
    expect({ first: state.made('1'), second: state.made('2') }).toEqual({ first: second, second: first })
    state.setMade('3', first)
    expect({ third: state.made('3'), second: state.made('2') }).toEqual({
      third: first,
      second: expect.not.stringMatching(first) as string,
    })
  })

  test('writes all that was changed before the call, in one write for many calls', async () => {
    const state = await ServerState.open(path)
    let written = 0
    let count = 0
    state.takeFrom(() => {
      written++
      return Array.from({ length: count }, (_, index) => ({ kind: 'forward', token: `t${index}` }))
    })
    const saves: Promise<void>[] = []
    for (; count < 20;) {
      count++
      saves.push(state.save())
      if (count === 10) await Promise.resolve()
    }
    await Promise.all(saves)
    expect({ tokens: (await ServerState.open(path)).found.tokens.length, isCombined: written <= 3 }).toEqual({
      tokens: 20,
      isCombined: true,
    })
  })

  test.skipIf(process.platform === 'win32')('is readable only for its owner, and leaves no other file', async () => {
    writeFileSync(`${path}.new`, 'left behind', { mode: 0o644 })
    await (await ServerState.open(path)).save()
    expect({ mode: statSync(path).mode & 0o777, files: readdirSync(folder) }).toEqual({
      mode: 0o600,
      files: ['state.json'],
    })
  })

  test('does not overwrite what another program has saved, and names the reason', async () => {
    const [first, second] = [await ServerState.open(path), await ServerState.open(path)]
    first.takeFrom(() => tokens)
    await first.save()
    await expect(second.save()).rejects.toThrow(`the state file ${path} cannot be written: another program has changed`)
    await first.save()
    expect((await ServerState.open(path)).found.tokens).toEqual(tokens)
  })

  test.skipIf(process.platform === 'win32')('is written after a folder that could not be synced', async () => {
    const state = await ServerState.open(path)
    const opened = await open(folder)
    const { sync } = opened
    const failing = vi.spyOn(Object.getPrototypeOf(opened) as FileHandle, 'sync')
    failing.mockImplementation(async function failForFolder(this: FileHandle) {
      if ((await this.stat()).isDirectory()) throw new Error('ENOSPC: no space left on device')
      await sync.call(this)
    })
    const refused = await state.save().catch(textOf)
    failing.mockRestore()
    await opened.close()
    await state.save()
    expect(refused).toBe(`the state file ${path} cannot be written: ENOSPC: no space left on device`)
  })

  test('is written again where the file was deleted', async () => {
    const state = await ServerState.open(path)
    await state.save()
    rmSync(path)
    await state.save()
    expect(readdirSync(folder)).toEqual(['state.json'])
  })

  test('is written after a handover that failed, over what the other process has written', async () => {
    const state = await ServerState.open(path)
    const text = await state.handOver()
    await ServerState.handedOver(text, path).save()
    state.takeBack()
    await expect(state.save()).resolves.toBeUndefined()
  })

  test('keeps the old file where the new one cannot be written, and can save later', async () => {
    const state = await ServerState.open(path)
    await state.save()
    const before = readFileSync(path, 'utf8')
    // A folder of that name cannot be opened for writing.
    mkdirSync(`${path}.new`)
    await expect(state.save()).rejects.toMatchObject({ code: 'ERR_SERVER_STATE' })
    const after = readFileSync(path, 'utf8')
    rmdirSync(`${path}.new`)
    await state.save()
    expect(after).toBe(before)
  })

  test.each([
    ['', 'it is no JSON'],
    ['[]', 'the whole is no object'],
    ['{}', 'its schema is undefined; this version of the program knows 1'],
    ['{"schema":2}', 'its schema is 2; this version of the program knows 1'],
    ['{"schema":1,"tokens":{}}', 'tokens is no list'],
    ['{"schema":1,"tokens":[{"kind":"x","token":"t"}]}', 'tokens.0.kind is none of forward, reverse, connector'],
    ['{"schema":1,"tokens":[{"kind":"reverse","token":"t"}]}', 'tokens.0.port is no number'],
    ['{"schema":1,"tokens":[{"kind":"forward","token":"t","policy":{"x":1}}]}', 'tokens.0.policy.x is no key here'],
    ['{"schema":1,"made":{"a":1}}', 'made has a value that is no text'],
    ['{"schema":1,"tokens":[{"kind":"reverse","token":"t","port":1,"accounts":{}}]}', 'tokens.0.accounts is no list'],
    [
      '{"schema":1,"tokens":[{"kind":"reverse","token":"t","port":1,"accounts":[{"username":"a"}]}]}',
      'tokens.0.accounts.0.password is no string',
    ],
    ['{"schema":1,"used":{"k":{"day":{"period":"2026-11-26","bytes":-5}}}}', 'used.0.day.bytes is no number of bytes'],
    [
      '{"schema":1,"used":{"k":{"month":{"period":"2026-11","bytes":1e300}}}}',
      'used.0.month.bytes is no number of bytes',
    ],
    [
      '{"schema":1,"tokens":[{"kind":"reverse","token":"t","port":1,"socksListen":[1]}]}',
      'tokens.0.socksListen.0 is no string',
    ],
  ])('does not take the file %s', async (text, reason) => {
    writeFileSync(path, text)
    await expect(ServerState.open(path)).rejects.toThrow(`the state file ${path} cannot be read: ${reason}`)
  })
})

test('parseState throws only RangeError, and returns what formatState wrote', () => {
  const used = { k: { day: { period: '2026-11-26', bytes: 5 } } }
  expect(parseState(formatState({ tokens, made: { a: 'b' }, used }))).toEqual({ tokens, made: { a: 'b' }, used })
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      let fault: unknown
      try {
        parseState(JSON.stringify({ schema: 1, tokens: [value], made: value }))
      } catch (error) {
        fault = error
      }
      expect(fault === undefined || fault instanceof RangeError).toBe(true)
    }),
  )
})
