import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import { browserPackages, nodeEntries } from './layers.mjs'
import { compileSnippets } from './snippets.mjs'

const run = promisify(execFile)

/** Time to load every package, in milliseconds; it takes well under a second. */
const loadTimeoutMs = 20_000

/**
 * Uses every entry of the packages in all ways that users can: types, `import`, `require`, and bundles for Node and for
 * browsers.
 *
 * @param {string} home A folder where the packages are installed, and nothing of this workspace is.
 * @param {Array<{ name: string, manifest: Record<string, any> }>} packages
 * @returns {Promise<string[]>} One line per fault, `entry: what`.
 */
export async function entryFaults(home, packages) {
  const entries = packages.flatMap(entriesOf)
  return [
    ...(await typeFaults(home, entries)),
    ...(await loadFaults(home, entries)),
    ...(await bundleFaults(home, entries, 'node')),
    ...(await bundleFaults(home, entries.filter(runsInBrowsers), 'browser')),
  ]
}

function entriesOf({ name, manifest }) {
  return Object.keys(manifest.exports ?? {})
    .filter((path) => path !== './package.json')
    .map((path) => ({ name, path, specifier: `${name}${path.slice(1)}` }))
}

function runsInBrowsers({ name, path }) {
  return browserPackages.has(name) && !nodeEntries.has(path)
}

/** Compiled without `skipLibCheck`, so that the declarations themselves are checked. */
async function typeFaults(home, entries) {
  const code = entries.map(({ specifier }, index) => `import * as entry${index} from '${specifier}'`).join('\n')
  const uses = entries.map((_, index) => `entry${index}`).join(', ')
  const snippet = { file: 'entries.ts', code: `${code}\nconsole.log([${uses}].length)\n` }
  return compileSnippets(join(home, 'types'), [snippet])
}

/** Node can `require` a module without top-level `await`; both ways must give the same names. */
async function loadFaults(home, entries) {
  const folder = join(home, 'load')
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{ "type": "commonjs" }\n')
  const program = `
const specifiers = ${JSON.stringify(entries.map(({ specifier }) => specifier))}
const namesOf = (module) => Object.keys(module).filter((name) => name !== '__esModule').sort().join()
async function check(specifier) {
  const required = namesOf(require(specifier))
  if (required !== namesOf(await import(specifier))) console.log(specifier + ': require and import give different names')
  if (required === '') console.log(specifier + ': exports nothing')
}
Promise.all(specifiers.map((specifier) => check(specifier).catch((error) => console.log(specifier + ': ' + error.message))))
`
  writeFileSync(join(folder, 'load.js'), program)
  const options = { cwd: folder, timeout: loadTimeoutMs }
  const { stdout } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', 'load.js'], options)
  return stdout.split('\n').filter((line) => line !== '')
}

async function bundleFaults(home, entries, platform) {
  const faults = entries.map(async ({ specifier }) => {
    const stdin = { contents: `export * from '${specifier}'`, resolveDir: home }
    // Optional native packages are loaded at run time, where they are installed.
    const external = platform === 'node' ? ['bufferutil', 'utf-8-validate', 'wreq-js', 'tls-impersonate'] : []
    const options = { stdin, bundle: true, write: false, format: 'esm', logLevel: 'silent', platform, external }
    return build(options).then(
      () => [],
      ({ errors }) => errors.map(({ text }) => `${specifier}: esbuild for ${platform}: ${text}`),
    )
  })
  return (await Promise.all(faults)).flat()
}
