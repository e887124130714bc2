import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openChunks } from './chunk-file.mjs'

const mark = 'the chunks'
const packed = `${mark}text and cache`
const index = { mark, places: { 'a.js': [10, 4, 19, 5], 'b.js': [15, 3] } }
const before = 'the program '

function programOf(content) {
  const folder = mkdtempSync(join(tmpdir(), 'linksocks-program-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'program'), content)
  return join(folder, 'program')
}

/** The chunks of a program whose asset must not be touched. */
function inFile() {
  const mapped = () => expect.unreachable('the asset is read')
  return openChunks({ index, start: before.length, mapped, program: programOf(`${before}${packed} end`) })
}

/** The chunks of a program that is not as it was made. */
function inAsset(program, start = before.length) {
  const { buffer } = new Uint8Array(Buffer.from(packed))
  return openChunks({ index, start, mapped: () => buffer, program })
}

test('a chunk and its cache are read from the file of the program', () => {
  const { read, readCache } = inFile()
  expect({ text: read('a.js'), cache: Buffer.from(readCache('a.js')).toString() }).toEqual({
    text: 'text',
    cache: 'cache',
  })
})

test('a chunk without a cache has none', () => {
  expect(inFile().readCache('b.js')).toBeUndefined()
})

test('a chunk that is larger than the buffer is read in full', () => {
  const long = 'x'.repeat(300 * 1024)
  const places = { 'a.js': [mark.length, long.length] }
  const program = programOf(before + mark + long)
  const { read } = openChunks({ index: { mark, places }, start: before.length, mapped: () => undefined, program })
  expect(read('a.js') === long).toBe(true)
})

test.each([
  ['a tool has moved the chunks', () => inAsset(programOf(`${before} ${packed} end`))],
  ['the file is too short', () => inAsset(programOf(before))],
  ['no place was filled in', () => inAsset(programOf(`${before}${packed}`), 0)],
  ['the file cannot be opened', () => inAsset('/nowhere/program')],
])('chunks are read from the asset when %s', (_reason, open) => {
  const { read, readCache } = open()
  expect({ text: read('a.js'), cache: Buffer.from(readCache('a.js')).toString() }).toEqual({
    text: 'text',
    cache: 'cache',
  })
})
