import { existsSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'

/** Files that every package has; packages differ only in their sources. */
const requiredFiles = [
  'README.md',
  'LICENSE',
  'tsconfig.json',
  'tsconfig.build.json',
  'src/index.ts',
  'src/index.test.ts',
]

/** Sources are published too, since source maps point at them. */
const publishedFiles = ['dist', 'src', '!src/**/*.test.ts', '!src/**/*.snap', 'README.md', 'CHANGELOG.md', 'LICENSE']

const typecheckConfig = {
  extends: '../../tsconfig.base.json',
  compilerOptions: { noEmit: true },
  include: ['src', 'testing'],
}

/** A published package must not use the workspace's condition: it would be built from sources. */
const buildOptions = { rootDir: 'src', outDir: 'dist', customConditions: [] }

/**
 * Compares a library's folder with the skeleton that all of them share.
 *
 * @returns {string[]} One line per difference, `folder: what`.
 */
export function skeletonFaults(root, { name, folder, manifest }) {
  const read = (path) => readFileSync(join(root, path), 'utf8')
  const missing = requiredFiles.filter((file) => !existsSync(join(root, folder, file)))
  if (missing.length > 0) return missing.map((file) => `${folder}: ${file} is missing`)
  return [
    ...manifestFaults(folder, name, manifest),
    ...(read(`${folder}/LICENSE`) === read('LICENSE') ? [] : [`${folder}: LICENSE differs from the root's`]),
    ...configFaults(
      folder,
      JSON.parse(read(`${folder}/tsconfig.json`)),
      JSON.parse(read(`${folder}/tsconfig.build.json`)),
    ),
  ]
}

function manifestFaults(folder, name, manifest) {
  const expected = {
    name: `@ls/${basename(folder)}`,
    license: 'MIT',
    files: publishedFiles,
    type: 'module',
    sideEffects: false,
    exports: expectedExports(Object.keys(manifest.exports ?? {})),
    engines: { node: '>=20.19' },
  }
  const scripts = { typecheck: 'tsc -p tsconfig.json', test: `vitest run --root ../.. ${folder}` }
  return [
    ...differences(`${folder}/package.json: `, manifest, expected),
    ...differences(`${folder}/package.json: scripts.`, manifest.scripts ?? {}, scripts),
    ...(/^tsc -p tsconfig\.build\.json( && |$)/.test(manifest.scripts?.build)
      ? []
      : [`${folder}/package.json: scripts.build has to begin with "tsc -p tsconfig.build.json"`]),
    ...(manifest.description?.endsWith('.')
      ? []
      : [`${folder}/package.json: description of ${name} has to be a sentence`]),
  ]
}

function expectedExports(entries) {
  const code = entries.filter((entry) => entry !== './package.json' && entry !== '.')
  const targets = ['.', ...code].map((entry) => {
    const file = entry === '.' ? 'index' : entry.slice('./'.length)
    return [entry, { '@ls/source': `./src/${file}.ts`, types: `./dist/${file}.d.ts`, default: `./dist/${file}.js` }]
  })
  return Object.fromEntries([...targets, ['./package.json', './package.json']])
}

function configFaults(folder, typecheck, build) {
  return [
    ...(isDeepStrictEqual(typecheck, typecheckConfig) ? [] : [`${folder}: tsconfig.json differs from its siblings`]),
    ...differences(`${folder}/tsconfig.build.json: compilerOptions.`, build.compilerOptions, buildOptions),
  ]
}

function differences(where, actual, expected) {
  return Object.entries(expected)
    .filter(([key, value]) => JSON.stringify(actual[key]) !== JSON.stringify(value))
    .map(([key, value]) => `${where}${key} is ${JSON.stringify(actual[key])}, expected ${JSON.stringify(value)}`)
}
