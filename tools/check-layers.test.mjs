import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { checkLayers } from './check-layers.mjs'
import { repositoryRoot } from './workspace.mjs'

const trees = []

afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true })
})

describe('checkLayers on manifests', () => {
  test('accepts a dependency on the layer below', () => {
    expect(check(codec, library('mux', { dependencies: ['@ls/codec'] }))).toEqual([])
  })

  test('refuses a dependency on a layer above', () => {
    expect(check(library('codec', { dependencies: ['@ls/mux'] }), library('mux'))).toEqual([
      'packages/codec/package.json:1 depends on @ls/mux: @ls/codec may use @ls/foundation',
    ])
  })

  test('refuses a dependency between client and server', () => {
    const [fault] = check(library('client', { dependencies: ['@ls/server'] }), library('server'))
    expect(fault).toMatch(/^packages\/client\/package\.json:1 depends on @ls\/server: @ls\/client may use @ls\/direct/)
  })

  test('refuses an optional dependency as it refuses a plain one', () => {
    const tree = check(library('relay', { optionalDependencies: ['ws'] }))
    expect(tree).toEqual(['packages/relay/package.json:1 depends on ws: only @ls/transport may use it'])
  })

  test('refuses a package that no layer lists', () => {
    expect(check(library('extra'))).toEqual([
      'packages/extra/package.json:1 names @ls/extra: not in the table of tools/layers.mjs',
    ])
  })

  test('refuses the testkit as a runtime dependency', () => {
    expect(check(library('client', { dependencies: ['@ls/testkit'] }))).toEqual([
      'packages/client/package.json:1 depends on @ls/testkit: only tests may use it',
    ])
  })

  test('accepts the testkit as a development dependency', () => {
    expect(check(library('client', { devDependencies: ['@ls/testkit'] }))).toEqual([])
  })

  test('accepts the dependencies of bundled packages where their bundle is', () => {
    const bundle = { dependencies: ['ws'], devDependencies: ['@ls/transport'], files: ['dist/bundle'] }
    const source = { 'src/index.ts': "import '@ls/transport'\n" }
    expect(check(library('client', bundle, source), library('transport'))).toEqual([])
  })
})

test('checkLayers refuses what only tests use below src, which is published', () => {
  expect(check(library('codec', {}, { 'src/testing/fixture.ts': 'export {}' }))).toEqual([
    'packages/codec/src/testing/fixture.ts:1 is for tests: it belongs beside src, into testing/',
  ])
})

describe('checkLayers on imports of a source', () => {
  test('names the file, the line and the reason', () => {
    expect(check(socks5({ 'src/index.ts': "\n\nimport { x } from '@ls/codec'\n" }), codec)).toEqual([
      'packages/socks5/src/index.ts:3 imports @ls/codec: @ls/socks5 may use @ls/dial, @ls/foundation',
    ])
  })

  test.each([
    ['a type import', "import type { X } from '@ls/codec'"],
    ['a re-export', "export { x } from '@ls/codec'"],
    ['a star re-export', "export * from '@ls/codec'"],
    ['a dynamic import', "await import('@ls/codec')"],
    ['an import type', "export type X = import('@ls/codec').X"],
  ])('sees %s', (_form, text) => {
    expect(check(socks5({ 'src/index.ts': text }), codec)).toHaveLength(1)
  })

  test('does not mistake text in a comment or a string for an import', () => {
    const text = "// import '@ls/codec'\nexport const text = \"import '@ls/codec'\"\n"
    expect(check(socks5({ 'src/index.ts': text }), codec)).toEqual([])
  })

  test('refuses a third party that package.json does not list', () => {
    expect(check(socks5({ 'src/index.ts': "import 'left-pad'" }))).toEqual([
      "packages/socks5/src/index.ts:1 imports left-pad: not in the dependencies of @ls/socks5's package.json",
    ])
  })

  test('refuses a development dependency in a source', () => {
    const tree = library('socks5', { devDependencies: ['vitest'] }, { 'src/probe.ts': "import 'vitest'" })
    expect(check(tree)).toEqual([
      "packages/socks5/src/probe.ts:1 imports vitest: not in the dependencies of @ls/socks5's package.json",
    ])
  })

  test('accepts a development dependency in a test', () => {
    const tree = library('socks5', { devDependencies: ['vitest'] }, { 'src/probe.test.ts': "import 'vitest'" })
    expect(check(tree)).toEqual([])
  })

  test('refuses an unlisted package in a test', () => {
    expect(check(socks5({ 'src/probe.test.ts': "import 'left-pad'" }))).toEqual([
      "packages/socks5/src/probe.test.ts:1 imports left-pad: not in the devDependencies of @ls/socks5's package.json or of the root's",
    ])
  })

  test('refuses a deep import', () => {
    const mux = library(
      'mux',
      { dependencies: ['@ls/codec'] },
      { 'src/index.ts': "import '@ls/codec/src/message/encode.js'" },
    )
    expect(check(codec, mux)).toEqual([
      'packages/mux/src/index.ts:1 imports @ls/codec/src/message/encode.js: not an entry that @ls/codec exports',
    ])
  })

  test('refuses a relative import of another package', () => {
    expect(check(socks5({ 'src/index.ts': "import '../../codec/src/index.js'" }))).toEqual([
      'packages/socks5/src/index.ts:1 imports ../../codec/src/index.js: outside of @ls/socks5: import the package by its name',
    ])
  })

  test.each([
    ['ws', '@ls/transport'],
    ['sonic-boom', 'linksocks'],
  ])('keeps %s in its one package', (dependency, owner) => {
    const client = library('client', { dependencies: [dependency] }, { 'src/index.ts': `import '${dependency}'` })
    expect(check(client)).toContain(`packages/client/src/index.ts:1 imports ${dependency}: only ${owner} may use it`)
  })

  test('accepts ws in transport', () => {
    const text = { 'src/index.ts': "import 'ws'" }
    expect(check(library('transport', { dependencies: ['ws'] }, text))).toEqual([])
  })
})

describe('checkLayers on the ends of connections', () => {
  const relay = (source) => library('relay', {}, { 'src/index.ts': source })

  test('refuses a package that closes a proxied connection by itself', () => {
    expect(check(relay('\nsocket.resetAndDestroy()\n'))).toEqual([
      'packages/relay/src/index.ts:2 calls socket.resetAndDestroy(): only packages/dial/src/stream-end.ts closes connections',
    ])
  })

  test('accepts that something else is destroyed', () => {
    expect(check(relay('agent.destroy()\nupstream.destroy()\n'))).toEqual([])
  })
})

describe('checkLayers on packages for browsers', () => {
  test.each(["import 'node:net'", "import 'net'", "import type { Socket } from 'node:net'"])('refuses %s', (text) => {
    expect(check(library('codec', {}, { 'src/index.ts': text }))[0]).toContain('@ls/codec runs in browsers')
  })

  test.each(['Buffer.from([])', 'process.env', 'globalThis.Buffer', 'setImmediate(() => {})', 'typeof process'])(
    'refuses the global in %s',
    (text) => {
      expect(check(library('codec', {}, { 'src/index.ts': text }))[0]).toContain('@ls/codec runs in browsers')
    },
  )

  test("refuses a reference to Node's types", () => {
    const text = '/// <reference types="node" />\nexport {}\n'
    expect(check(library('codec', {}, { 'src/index.ts': text }))).toHaveLength(1)
  })

  test.each(['setTimeout(() => {}, 1)', 'Date.now()', 'performance.now()'])('refuses the time of %s', (text) => {
    expect(check(library('mux', {}, { 'src/index.ts': text }))[0]).toContain('take a Clock')
  })

  test.each([
    'export const f = (clock) => clock.setTimeout(() => {}, 1)',
    'export const clock = { setTimeout: () => {} }',
    'export interface Clock { setTimeout(callback: () => void): void }',
    'export class Clock { setTimeout() {} }',
  ])('accepts the property in %s', (text) => {
    expect(check(library('mux', {}, { 'src/index.ts': text }))).toEqual([])
  })

  test('lets the clock of the foundation read the time', () => {
    expect(check(library('foundation', {}, { 'src/clock.ts': 'performance.now()' }))).toEqual([])
  })

  test('lets tests use Node', () => {
    expect(check(library('codec', {}, { 'src/x.test.ts': "import 'node:fs'" }))).toEqual([])
  })

  test('lets the ./node entry and what only it imports use Node', () => {
    const files = {
      'src/index.ts': 'export {}',
      'src/node.ts': "import './zlib.js'",
      'src/zlib.ts': "import 'node:zlib'",
    }
    expect(check(library('codec', { entries: { './node': './src/node.ts' } }, files))).toEqual([])
  })

  test('refuses Node in what both entries import', () => {
    const files = {
      'src/index.ts': "import './zlib.js'",
      'src/node.ts': "import './zlib.js'",
      'src/zlib.ts': "import 'node:zlib'",
    }
    expect(check(library('codec', { entries: { './node': './src/node.ts' } }, files))).toEqual([
      'packages/codec/src/zlib.ts:1 imports node:zlib: @ls/codec runs in browsers; this belongs behind one of its entries ./node, ./duplex',
    ])
  })
})

test('checkLayers refuses tracing that the main entry leads to', () => {
  const tracing = { 'src/index.ts': "import './tracing.js'", 'src/tracing.ts': "import '@opentelemetry/api'" }
  expect(check(library('relay', { peerDependencies: ['@opentelemetry/api'] }, tracing))).toEqual([
    'packages/relay/src/tracing.ts:1 imports @opentelemetry/api: only the entry ./tracing may lead there',
  ])
})

describe('checkLayers on circles', () => {
  test('names the import that closes one, types included', () => {
    const files = {
      'src/a.ts': "import { b } from './b.js'\nexport type A = typeof b",
      'src/b.ts': "import type { A } from './a.js'\nexport const b: A[] = []",
    }
    expect(check(library('codec', {}, files))).toEqual([
      'packages/codec/src/b.ts:1 imports ./a.js: closes a circle of packages/codec/src/a.ts, packages/codec/src/b.ts',
    ])
  })

  test('accepts two ways to the same file', () => {
    const files = {
      'src/a.ts': "import './b.js'\nimport './c.js'",
      'src/b.ts': "import './c.js'",
      'src/c.ts': 'export {}',
    }
    expect(check(library('codec', {}, files))).toEqual([])
  })
})

// It reads all sources: 19 s on a machine with ten times as much work as processors.
test('checkLayers finds no fault in this repository', { timeout: 60_000 }, () => {
  expect(checkLayers(repositoryRoot)).toEqual([])
})

const codec = library('codec')

function socks5(files) {
  return library('socks5', {}, files)
}

/** A package as a map from path to text; `dependencies` and the similar fields are lists of names. */
function library(name, { entries = {}, files: published, ...dependencies } = {}, files = {}) {
  const exports = Object.entries({ '.': './src/index.ts', ...entries })
  const manifest = {
    name: `@ls/${name}`,
    exports: Object.fromEntries(exports.map(([entry, source]) => [entry, { '@ls/source': source }])),
    files: published,
    ...Object.fromEntries(Object.entries(dependencies).map(([kind, names]) => [kind, versions(names)])),
  }
  const all = { 'package.json': JSON.stringify(manifest), 'src/index.ts': 'export {}', ...files }
  return Object.fromEntries(Object.entries(all).map(([path, text]) => [`packages/${name}/${path}`, text]))
}

function versions(names) {
  return Object.fromEntries(names.map((name) => [name, '*']))
}

function check(...packages) {
  const root = mkdtempSync(join(tmpdir(), 'layers-'))
  trees.push(root)
  for (const [path, text] of packages.flatMap((each) => Object.entries(each))) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return checkLayers(root)
}
