import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeEach, expect, test } from 'vitest'
import { skeletonFaults } from './package-skeleton.mjs'

const root = mkdtempSync(join(tmpdir(), 'skeleton-'))
const folder = 'packages/codec'
let manifest

afterAll(() => rmSync(root, { recursive: true }))

beforeEach(() => {
  manifest = {
    name: '@ls/codec',
    description: 'Encodes messages.',
    license: 'MIT',
    files: ['dist', 'src', '!src/**/*.test.ts', '!src/**/*.snap', 'README.md', 'CHANGELOG.md', 'LICENSE'],
    type: 'module',
    sideEffects: false,
    exports: { '.': target('index'), './package.json': './package.json' },
    scripts: {
      build: 'tsc -p tsconfig.build.json',
      typecheck: 'tsc -p tsconfig.json',
      test: 'vitest run --root ../.. packages/codec',
    },
    engines: { node: '>=20.19' },
  }
  for (const path of ['README.md', 'src/index.ts', 'src/index.test.ts']) write(`${folder}/${path}`, '')
  for (const path of ['LICENSE', `${folder}/LICENSE`]) write(path, 'MIT')
  writeConfig('tsconfig.json', {
    extends: '../../tsconfig.base.json',
    compilerOptions: { noEmit: true },
    include: ['src', 'testing'],
  })
  writeConfig('tsconfig.build.json', { compilerOptions: { rootDir: 'src', outDir: 'dist', customConditions: [] } })
})

test('skeletonFaults accepts the skeleton', () => {
  expect(faults()).toEqual([])
})

test('skeletonFaults accepts a second entry', () => {
  manifest.exports = { '.': target('index'), './node': target('node'), './package.json': './package.json' }
  expect(faults()).toEqual([])
})

test('skeletonFaults accepts a build of two steps', () => {
  manifest.scripts.build += ' && tsc -p tsconfig.node.json'
  expect(faults()).toEqual([])
})

test('skeletonFaults names a missing file', () => {
  rmSync(join(root, folder, 'README.md'))
  expect(faults()).toEqual(['packages/codec: README.md is missing'])
})

test('skeletonFaults names a field that differs and what it should be', () => {
  manifest.sideEffects = true
  expect(faults()).toEqual(['packages/codec/package.json: sideEffects is true, expected false'])
})

test('skeletonFaults refuses conditions in another order', () => {
  manifest.exports['.'] = { default: './dist/index.js', ...target('index') }
  expect(faults()).toHaveLength(1)
})

test('skeletonFaults refuses a license of its own', () => {
  write(`${folder}/LICENSE`, 'mine')
  expect(faults()).toEqual(["packages/codec: LICENSE differs from the root's"])
})

test('skeletonFaults refuses a build that sees the sources of its siblings', () => {
  writeConfig('tsconfig.build.json', { compilerOptions: { rootDir: 'src', outDir: 'dist' } })
  expect(faults()).toEqual([
    'packages/codec/tsconfig.build.json: compilerOptions.customConditions is undefined, expected []',
  ])
})

function faults() {
  return skeletonFaults(root, { name: manifest.name, folder, manifest })
}

function target(file) {
  return { '@ls/source': `./src/${file}.ts`, types: `./dist/${file}.d.ts`, default: `./dist/${file}.js` }
}

function writeConfig(file, content) {
  write(`${folder}/${file}`, JSON.stringify(content))
}

function write(path, text) {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), text)
}
