#!/usr/bin/env node
// Checks that every package stays in its layer: what it may depend on, and whether it may use Node. `pnpm layers`, or
// `node tools/check-layers.mjs [root]`.
import { existsSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, join, relative, sep } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  mayUse,
  browserPackages,
  nodeEntries,
  clockFile,
  onlyIn,
  onlyBehind,
  holdConnections,
  streamEndFile,
  closesConnection,
} from './layers.mjs'
import { readSource } from './source-imports.mjs'
import { isBundled, listFiles, readPackage, readPackages, repositoryRoot } from './workspace.mjs'

const sourceEndings = ['.ts', '.tsx', '.mts', '.mjs', '.js']
const builtins = new Set(builtinModules)

/**
 * Checks the packages, tests and examples of the workspace at `root`.
 *
 * @returns {string[]} One line per fault, `file:line imports X: reason`; empty when the layers hold.
 */
export function checkLayers(root = repositoryRoot) {
  sources.clear()
  const packages = readPackages(root)
  const suites = ['tests', 'examples'].filter((folder) => existsSync(join(root, folder, 'package.json')))
  const workspace = {
    root,
    entriesOf: new Map(packages.map(({ name, manifest }) => [name, Object.keys(manifest.exports ?? {})])),
    rootManifest: existsSync(join(root, 'package.json')) ? readPackage(root, '.').manifest : {},
  }
  return [
    ...packages.flatMap((pkg) => [...checkManifest(pkg, workspace), ...checkPackageSources(pkg, workspace)]),
    ...suites.flatMap((folder) => {
      const suite = readPackage(root, folder)
      const files = listFiles(root, folder, sourceEndings)
      return [...checkFiles(suite, files, workspace, testFaults), ...circles(root, files)]
    }),
  ]
}

function checkManifest({ name, folder, manifest }, workspace) {
  const at = `${folder}/package.json:1 depends on`
  if (!mayUse[name]) return [`${folder}/package.json:1 names ${name}: not in the table of tools/layers.mjs`]
  return runtimeDependencies(manifest).flatMap((dependency) => {
    // A dependency of the bundled packages; the bundle's own sources are checked below.
    if (isBundled(manifest) && !dependency.startsWith('@ls/')) return []
    const reason = layerFault(name, dependency, workspace)
    return reason ? [`${at} ${dependency}: ${reason}`] : []
  })
}

function checkPackageSources(pkg, workspace) {
  if (!mayUse[pkg.name]) return []
  const files = listFiles(workspace.root, `${pkg.folder}/src`, sourceEndings)
  const bin = listFiles(workspace.root, `${pkg.folder}/bin`, sourceEndings)
  const tests = files.filter(isTest)
  const sources = [...files.filter((file) => !isTest(file)), ...bin]
  return [
    ...files
      .filter((file) => file.includes('/testing/'))
      .map((file) => `${file}:1 is for tests: it belongs beside src, into testing/`),
    ...checkFiles(pkg, sources, workspace, sourceFaults),
    ...checkFiles(pkg, tests, workspace, testFaults),
    ...circles(workspace.root, files),
    ...checkEntries(pkg, sources, workspace.root),
    ...(browserPackages.has(pkg.name) ? checkBrowserFiles(pkg, sources, workspace.root) : []),
    ...(holdConnections.has(pkg.name) ? sources.flatMap((file) => endFaults(file, workspace.root)) : []),
  ]
}

/** Runs `faultOf(pkg, dependency, workspace)` on each import that leaves the file's package. */
function checkFiles(pkg, files, workspace, faultOf) {
  return files.flatMap((file) =>
    readFile(workspace.root, file).imports.flatMap(({ specifier, line }) => {
      const reason = importFault(pkg, file, specifier, workspace) ?? faultOf(pkg, specifier, workspace)
      return reason ? [`${file}:${line} imports ${specifier}: ${reason}`] : []
    }),
  )
}

/** Faults that are forbidden in all files, tests included. */
function importFault({ name, folder }, file, specifier, { root, entriesOf }) {
  if (isRelative(specifier)) {
    const target = relative(join(root, folder), join(root, dirname(file), specifier))
    return target.startsWith('..') ? `outside of ${name}: import the package by its name` : undefined
  }
  const dependency = packageName(specifier)
  const entries = entriesOf.get(dependency)
  if (!entries || entries.includes(specifier.replace(dependency, '.'))) return undefined
  return `not an entry that ${dependency} exports`
}

function sourceFaults({ name, manifest }, specifier, workspace) {
  if (isRelative(specifier) || isBuiltin(specifier)) return undefined
  const dependency = packageName(specifier)
  if (dependency === name) return 'its own package: import the file instead'
  const reason = layerFault(name, dependency, workspace)
  if (reason) return reason
  if (runtimeDependencies(manifest).includes(dependency)) return undefined
  return `not in the dependencies of ${name}'s package.json`
}

function testFaults({ name, manifest }, specifier, { rootManifest }) {
  if (isRelative(specifier) || isBuiltin(specifier)) return undefined
  const dependency = packageName(specifier)
  const listed = [name, ...allDependencies(manifest), ...allDependencies(rootManifest)]
  return listed.includes(dependency)
    ? undefined
    : `not in the devDependencies of ${name}'s package.json or of the root's`
}

function layerFault(name, dependency, { entriesOf }) {
  if (dependency === '@ls/testkit') return 'only tests may use it'
  if (onlyIn[dependency] && onlyIn[dependency] !== name) return `only ${onlyIn[dependency]} may use it`
  if (!entriesOf.has(dependency) && !mayUse[dependency]) return undefined
  if (mayUse[name].includes(dependency)) return undefined
  return `${name} may use ${mayUse[name].join(', ') || 'no other package of ours'}`
}

/** Finds packages that {@link onlyBehind} allows for one entry only, and that other entries use as well. */
function checkEntries({ manifest }, files, root) {
  const entries = Object.entries(manifest.exports ?? {})
  return Object.entries(onlyBehind).flatMap(([dependency, home]) => {
    const reached = reachable(
      root,
      manifest,
      entries.filter(([entry]) => entry !== home),
      files,
    )
    return [...reached].flatMap((file) =>
      readFile(root, file)
        .imports.filter(({ specifier }) => !isRelative(specifier) && packageName(specifier) === dependency)
        .map(({ line }) => `${file}:${line} imports ${dependency}: only the entry ${home} may lead there`),
    )
  })
}

function checkBrowserFiles({ name, manifest }, files, root) {
  const entries = Object.entries(manifest.exports ?? {})
  const reach = (wanted) => reachable(root, manifest, entries.filter(wanted), files)
  const forNode = reach(([entry]) => nodeEntries.has(entry))
  const forBrowsers = reach(([entry]) => !nodeEntries.has(entry))
  return files
    .filter((file) => !forNode.has(file) || forBrowsers.has(file))
    .flatMap((file) => browserFaults(name, file, readFile(root, file)))
}

function browserFaults(name, file, { imports, globals }) {
  const home = `belongs behind one of its entries ${[...nodeEntries].join(', ')}`
  return [
    ...imports
      .filter(({ specifier }) => isBuiltin(specifier))
      .map(({ specifier, line }) => `${file}:${line} imports ${specifier}: ${name} runs in browsers; this ${home}`),
    ...globals
      .filter(({ kind }) => kind === 'node' || file !== clockFile)
      .map(({ name: global, kind, line }) =>
        kind === 'node'
          ? `${file}:${line} uses ${global}: ${name} runs in browsers; this ${home}`
          : `${file}:${line} uses ${global}: ${name} has no time of its own; take a Clock`,
      ),
  ]
}

/** Code that closes a proxied connection itself may make a partial stream look complete. */
function endFaults(file, root) {
  if (file === streamEndFile) return []
  const lines = readFileSync(join(root, file), 'utf8').split('\n')
  return lines.flatMap((line, index) => {
    const found = closesConnection.exec(line)?.[0]
    return found ? [`${file}:${index + 1} calls ${found}): only ${streamEndFile} closes connections`] : []
  })
}

/** Returns the files that the given `entries` of a package import, directly or indirectly. */
function reachable(root, manifest, entries, files) {
  const folder = files[0]?.split('/src/')[0]
  const starts = entries.map(([, target]) => target['@ls/source']).filter(Boolean)
  const waiting = starts.map((path) => `${folder}/${path.slice('./'.length)}`)
  const found = new Set()
  for (let file = waiting.pop(); file; file = waiting.pop()) {
    if (found.has(file) || !files.includes(file)) continue
    found.add(file)
    waiting.push(...neighbours(root, file).map(({ target }) => target))
  }
  return found
}

/**
 * Returns the import that closes each circle among `files`; imports of types count, since a reader follows them as
 * well.
 */
function circles(root, files) {
  const known = new Set(files)
  const done = new Set()
  const path = []
  const faults = []
  const visit = (file) => {
    path.push(file)
    for (const { target, specifier, line } of neighbours(root, file).filter((each) => known.has(each.target))) {
      const start = path.indexOf(target)
      if (start !== -1)
        faults.push(`${file}:${line} imports ${specifier}: closes a circle of ${path.slice(start).join(', ')}`)
      else if (!done.has(target)) visit(target)
    }
    path.pop()
    done.add(file)
  }
  for (const file of files) if (!done.has(file)) visit(file)
  return faults
}

/** Returns the files that `file` imports by a relative path. */
function neighbours(root, file) {
  return readFile(root, file)
    .imports.filter(({ specifier }) => isRelative(specifier))
    .flatMap(({ specifier, line }) =>
      ['.ts', '.tsx'].map((ending) => ({
        target: posix(join(dirname(file), specifier)).replace(/\.js$/, ending),
        specifier,
        line,
      })),
    )
}

/** Returns the imports and names of a file. Each file is read once in a run, for all checks. */
function readFile(root, file) {
  const path = join(root, file)
  const known = sources.get(path)
  if (known !== undefined) return known
  const source = readSource(file, readFileSync(path, 'utf8'))
  sources.set(path, source)
  return source
}

const sources = new Map()

/**
 * Returns what a package may import at run time. A bundle contains the packages of the workspace, so they are not
 * installed beside it.
 */
function runtimeDependencies(manifest) {
  const { dependencies, optionalDependencies, peerDependencies, devDependencies = {} } = manifest
  const inside = Object.keys(devDependencies).filter((name) => name.startsWith('@ls/') && name !== '@ls/testkit')
  const installed = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })
  return isBundled(manifest) ? [...installed, ...inside] : installed
}

function allDependencies(manifest) {
  return [...runtimeDependencies(manifest), ...Object.keys(manifest.devDependencies ?? {})]
}

function packageName(specifier) {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/')
}

function isRelative(specifier) {
  return specifier.startsWith('.')
}

function isBuiltin(specifier) {
  return specifier.startsWith('node:') || builtins.has(specifier)
}

function isTest(file) {
  return /\.test\.[a-z]+$/.test(file)
}

function posix(path) {
  return path.split(sep).join('/')
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const faults = checkLayers(process.argv[2])
  for (const fault of faults) console.error(fault)
  console.error(faults.length === 0 ? 'layers: every import points down' : `layers: ${faults.length} faults`)
  process.exitCode = faults.length === 0 ? 0 : 1
}
