import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** File that is written after each build, so its time is that of the build. */
const stamp = join(root, '.cache/built-command')

/**
 * Runs the command from this clone, and builds it first if its sources have changed. It runs in this process, so its
 * exit code after Ctrl-C is that of this process. A shell between it and pnpm would end by the signal, and pnpm would
 * report a failure: `shellEmulator` in pnpm-workspace.yaml runs scripts without one.
 *
 * @param {readonly string[]} args What follows `linksocks`.
 */
export async function runCommand(args) {
  if (needsBuild() && !build()) return
  // pnpm runs scripts in the root of the repository, but file names in the arguments are relative to the user's folder.
  if (process.env['npm_lifecycle_event'] !== undefined) process.chdir(process.env['INIT_CWD'] ?? '.')
  process.argv.splice(1, Infinity, join(root, 'linksocks'), ...args)
  await import('../apps/cli/bin/linksocks.js')
}

/**
 * Returns the user's arguments. pnpm passes on the `--` that npm wants before the arguments of a script.
 *
 * @param {readonly string[]} argv Arguments of the script.
 * @param {Readonly<Record<string, string | undefined>>} environment
 * @returns {readonly string[]}
 */
export function userArguments(argv, environment) {
  const isScript = environment['npm_lifecycle_event'] !== undefined
  return isScript && argv[0] === '--' ? argv.slice(1) : argv
}

/** Whether a source is newer than the last build. This check takes a tenth of the time of a build. */
function needsBuild() {
  if (!existsSync(join(root, 'node_modules')) || !existsSync(stamp)) return true
  const builtAt = statSync(stamp).mtimeMs
  return sourceFiles(root).some((file) => statSync(file).mtimeMs > builtAt)
}

/**
 * Files on which the built command depends.
 *
 * @param {string} repository Path of its root.
 */
export function sourceFiles(repository) {
  const folders = ['packages', 'apps'].flatMap((folder) => {
    return readdirSync(join(repository, folder)).map((name) => join(repository, folder, name))
  })
  // git keeps the folder of a removed package if modules or a build are left in it.
  const packages = folders.filter((folder) => existsSync(join(folder, 'package.json')))
  return packages.flatMap((folder) => {
    const sources = join(folder, 'src')
    const names = existsSync(sources) ? readdirSync(sources, { recursive: true }) : []
    return [join(folder, 'package.json'), ...names.map((name) => join(sources, name))]
  })
}

/** Builds; pnpm first installs dependencies if necessary. All output of both goes to standard error. */
function build() {
  process.stderr.write('linksocks: building what has changed; the first time takes about a minute\n')
  const pnpm = process.env['npm_execpath']
  const [program, ...args] = pnpm?.includes('pnpm') ? [process.execPath, pnpm] : ['npx', '-y', 'pnpm@10']
  const shell = process.platform === 'win32' && program === 'npx'
  const { status } = spawnSync(program, [...args, '--silent', 'build:command'], { cwd: root, stdio: [0, 2, 2], shell })
  if (status !== 0) {
    process.exitCode = status ?? 1
    return false
  }
  mkdirSync(dirname(stamp), { recursive: true })
  writeFileSync(stamp, '')
  return true
}
