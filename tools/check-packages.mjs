#!/usr/bin/env node
// Packs every package as it would be published, and checks the tarballs: their content, types and manifests, and that
// the programs of their READMEs run where only the package is installed. `pnpm packages`.
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { publishingFaults } from './package-publishing.mjs'
import { skeletonFaults } from './package-skeleton.mjs'
import { entryFaults } from './published-entries.mjs'
import { compileSnippets, readSnippets, runSnippet } from './snippets.mjs'
import { bundleFolder, readPackage, readPackages, repositoryRoot as root } from './workspace.mjs'

const run = promisify(execFile)

/** Time for an installation or a tool, in milliseconds; one that takes longer hangs. */
const timeoutMs = 120_000

const allowedFile = /^(dist\/|src\/|bin\/|README\.md$|CHANGELOG\.md$|LICENSE$|package\.json$)/

const workspace = readPackage(root, '.').manifest
const scratch = mkdtempSync(join(tmpdir(), 'packages-'))
try {
  const faults = await checkPackages(readPackages(root).filter(({ manifest }) => !manifest.private))
  for (const fault of faults) console.error(fault)
  console.error(faults.length === 0 ? 'packages: ready to publish' : `packages: ${faults.length} faults`)
  process.exitCode = faults.length === 0 ? 0 : 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

async function checkPackages(packages) {
  const unbuilt = packages.filter(({ folder }) => !existsSync(join(root, folder, 'dist')))
  if (unbuilt.length > 0) return unbuilt.map(({ folder }) => `${folder}: dist is missing; run pnpm build`)
  const packed = await pack(packages)
  const ours = new Set(packages.map(({ name }) => name))
  const alone = packed
    .filter(isLibrary)
    .filter(({ manifest }) => !Object.keys(manifest.dependencies ?? {}).some((each) => ours.has(each)))
  const checks = [
    ...packed.map((pkg) => () => [...skeleton(pkg), ...publishingFaults(workspace, pkg), ...contentFaults(pkg)]),
    ...packed.map((pkg) => () => lint(pkg)),
    ...packed.filter(isLibrary).map((pkg) => () => lintTypes(pkg)),
    ...alone.map((pkg) => () => runAlone(pkg)),
    () => runTogether(packed),
  ]
  return inTwos(checks)
}

/** Runs two checks at a time: each keeps one process busy. */
async function inTwos(checks) {
  const waiting = checks.entries()
  const found = []
  const worker = async () => {
    for (const [index, check] of waiting) found[index] = await check()
  }
  await Promise.all([worker(), worker()])
  return found.flat()
}

async function pack(packages) {
  const filters = packages.flatMap(({ name }) => ['--filter', name])
  const { stdout } = await run('pnpm', ['--recursive', ...filters, 'pack', '--json', '--pack-destination', scratch], {
    cwd: root,
    timeout: timeoutMs,
  })
  const tarballs = [JSON.parse(stdout)].flat()
  return packages.map((pkg) => {
    const { filename, files } = tarballs.find(({ name }) => name === pkg.name)
    return { ...pkg, tarball: filename, files: files.map(({ path }) => path) }
  })
}

function skeleton(pkg) {
  return isLibrary(pkg) ? skeletonFaults(root, pkg) : []
}

function contentFaults({ folder, files }) {
  const stray = files.filter((file) => !allowedFile.test(file) || file.includes('.test.'))
  const stale = files
    .filter((file) => file.startsWith('dist/') && !file.startsWith(`${bundleFolder}/`) && file.endsWith('.js'))
    .filter((file) => !existsSync(join(root, folder, file.replace(/^dist\/(.*)\.js$/, 'src/$1.ts'))))
  const missing = ['README.md', 'LICENSE'].filter((file) => !files.includes(file))
  return [
    ...stray.map((file) => `${folder}: the tarball holds ${file}`),
    ...stale.map((file) => `${folder}: ${file} has no source; delete dist and build again`),
    ...missing.map((file) => `${folder}: the tarball lacks ${file}`),
  ]
}

async function lint({ folder, manifest, tarball }) {
  const { buffer } = new Uint8Array(readFileSync(tarball))
  const { messages } = await publint({ pack: { tarball: buffer }, strict: true })
  return messages
    .filter(({ type }) => type === 'error')
    .map((message) => `${folder}: publint: ${formatMessage(message, manifest, { color: false })}`)
}

async function lintTypes({ folder, tarball }) {
  const program = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js')
  const options = ['--profile', 'esm-only', '--format', 'ascii', '--no-color', '--no-emoji']
  return run(process.execPath, [program, tarball, ...options], { timeout: timeoutMs }).then(
    () => [],
    ({ stdout, stderr }) => [`${folder}: attw says\n${stdout}${stderr}`],
  )
}

/** Installs one package into an empty folder and runs the programs of its README there. */
async function runAlone(pkg) {
  return runReadme(await install(basename(pkg.folder), [pkg.tarball]), pkg)
}

async function runReadme(home, { folder }) {
  const programs = readSnippets(`${folder}/README.md`, readReadme(folder)).filter(({ compiles }) => compiles)
  const running = programs.filter(({ runs }) => runs)
  if (programs.length === 0) return [`${folder}: README.md shows no program`]
  const snippets = join(home, 'snippets', basename(folder))
  const complaints = await compileSnippets(snippets, programs)
  if (complaints.length > 0) return complaints.map((line) => `${folder}: ${line}`)
  const results = await Promise.allSettled(running.map((program) => runSnippet(snippets, program)))
  return results.filter(({ status }) => status === 'rejected').map(({ reason }) => `${folder}: ${reason.message}`)
}

/** Installs all packages together: runs each command with --help, uses every entry, and runs the other READMEs. */
async function runTogether(packed) {
  const tarballs = packed.map(({ tarball }) => tarball)
  const home = await install('together', tarballs)
  const faults = [...(await commandFaults(home, packed)), ...(await entryFaults(home, packed))]
  for (const pkg of packed.filter(isLibrary)) faults.push(...(await runReadme(home, pkg)))
  return faults
}

async function commandFaults(home, packed) {
  const commands = packed.flatMap(({ folder, manifest }) =>
    Object.keys(manifest.bin ?? {}).map((command) => ({ folder, command })),
  )
  const results = await Promise.allSettled(
    commands.map(({ command }) => run(join(home, 'node_modules/.bin', command), ['--help'], { timeout: timeoutMs })),
  )
  return results.flatMap(({ status, reason }, index) =>
    status === 'rejected' ? [`${commands[index].folder}: ${commands[index].command} --help: ${reason.message}`] : [],
  )
}

async function install(name, tarballs) {
  const home = join(scratch, name)
  mkdirSync(home)
  writeFileSync(join(home, 'package.json'), '{ "private": true, "type": "module" }\n')
  const options = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']
  await run('npm', ['install', ...options, ...tarballs], { cwd: home, timeout: timeoutMs })
  return home
}

function readReadme(folder) {
  const path = join(root, folder, 'README.md')
  return existsSync(path) ? readFileSync(path, 'utf8') : ''
}

function isLibrary({ manifest }) {
  return manifest.bin === undefined
}
