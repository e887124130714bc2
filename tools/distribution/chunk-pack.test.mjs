import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { chunkOrder, packChunks } from './chunk-pack.mjs'

function folderWith(files) {
  const folder = mkdtempSync(join(tmpdir(), 'linksocks-chunks-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

const files = { 'b.js': 'second', 'a.js': 'first', 'a.js.cache': 'cache of a' }
const textAt = (bytes, [offset, length]) => bytes.subarray(offset, offset + length).toString()

test('a packed chunk and its cache are found by the index', () => {
  const { bytes, index } = packChunks(folderWith(files), ['a.js', 'b.js'], true)
  expect({
    a: textAt(bytes, index.places['a.js']),
    cacheOfA: textAt(bytes, index.places['a.js'].slice(2)),
    b: textAt(bytes, index.places['b.js']),
  }).toEqual({ a: 'first', cacheOfA: 'cache of a', b: 'second' })
})

test('packed chunks begin with their mark', () => {
  const { bytes, index } = packChunks(folderWith(files), ['a.js', 'b.js'], true)
  expect(textAt(bytes, [0, index.mark.length])).toBe(index.mark)
})

test('other chunks have another mark', () => {
  const markOf = (...names) => packChunks(folderWith(files), names, true).index.mark
  expect(markOf('a.js')).not.toBe(markOf('b.js'))
})

test('a cache begins where V8 does not copy it', () => {
  expect(packChunks(folderWith(files), ['a.js'], true).index.places['a.js'][2] % 8).toBe(0)
})

test('without caches there is no place for one', () => {
  expect(packChunks(folderWith(files), ['a.js'], false).index.places['a.js']).toHaveLength(2)
})

test('chunks that a server loads come first, with those that they import', () => {
  const entry = (entryPoint, ...paths) => ({
    entryPoint,
    imports: paths.map((path) => ({ path, kind: 'import-statement' })),
  })
  const early = [
    'version',
    'main',
    'output/log/human-log',
    'restart/restart',
    'restart/predecessor',
    'restart/activation',
  ]
  const outputs = {
    'out/late.js': entry('apps/cli/dist/doctor/run-doctor.js'),
    ...Object.fromEntries(early.map((name) => [`out/${name.split('/').at(-1)}.js`, entry(`apps/cli/dist/${name}.js`)])),
    'out/relay.js': entry('packages/relay/dist/index.js', 'out/shared.js'),
    'out/server.js': entry('apps/cli/dist/commands/server.js'),
    'out/client.js': entry('apps/cli/dist/commands/client.js'),
    'out/shared.js': { imports: [] },
  }
  expect(chunkOrder({ outputs }).slice(-5)).toEqual(['relay.js', 'shared.js', 'server.js', 'client.js', 'late.js'])
})

test('a module that is not built any more is named', () => {
  expect(() => chunkOrder({ outputs: {} })).toThrow('apps/cli/dist/version.js')
})
