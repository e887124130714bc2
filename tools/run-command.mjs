import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Written after each build; its time is that of the build. */
const stamp = join(root, '.cache/built-command')

/**
 * Runs the command from this clone, built where its sources have changed. It runs in this very process, so that Ctrl-C
 * reaches it alone and its exit code is ours: a shell in between would be ended by the signal, and reported as a
 * failure.
 *
 * @param {readonly string[]} args What follows `linksocks`.
 */
export async function runCommand(args) {
  if (needsBuild() && !build()) return
  // pnpm runs scripts in the root of the repository; file names in the arguments are meant where the user is.
  if (process.env['npm_lifecycle_event'] !== undefined) process.chdir(process.env['INIT_CWD'] ?? '.')
  process.argv.splice(1, Infinity, join(root, 'linksocks'), ...args)
  await import('../apps/cli/bin/linksocks.js')
}

/** Whether a source is newer than the last build. A look at each file takes a tenth of the time that a build needs. */
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
  // git leaves the folder of a removed package behind if it still has modules or a build.
  const packages = folders.filter((folder) => existsSync(join(folder, 'package.json')))
  return packages.flatMap((folder) => {
    const sources = join(folder, 'src')
    const names = existsSync(sources) ? readdirSync(sources, { recursive: true }) : []
    return [join(folder, 'package.json'), ...names.map((name) => join(sources, name))]
  })
}

/** pnpm installs first where that is due. Its output, and that of the build, belongs on standard error. */
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
