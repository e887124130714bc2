import { spawnSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const endings = process.platform === 'win32' ? ['.exe', '.cmd', ''] : ['']

/**
 * Checks for a name that several programs share: arguments of the program, and the text that identifies the right one.
 * `nc` may be Ncat or that of busybox, whose options differ; v2ray 5 has another form of configuration.
 */
const identities: Readonly<Record<string, { readonly ask: string; readonly says: RegExp }>> = {
  nc: { ask: '-h', says: /^OpenBSD netcat/ },
  ncat: { ask: '--version', says: /^Ncat: Version/ },
  curl: { ask: '--version', says: /^curl \d/ },
  v2ray: { ask: '-version', says: /^V2Ray 4\./ },
  // macOS has a stub for each of these two, which offers to install it.
  git: { ask: '--version', says: /^git version \d/ },
  java: { ask: '-version', says: /version "/ },
  // On macOS it is LibreSSL, which has no `passwd -6`.
  openssl: { ask: 'version', says: /^OpenSSL \d/ },
  python3: { ask: '--version', says: /^Python 3\./ },
  ssh: { ask: '-V', says: /^OpenSSH_/ },
  nginx: { ask: '-v', says: /^nginx version: nginx\// },
  haproxy: { ask: '-v', says: /^HA-?Proxy version/ },
  tinyproxy: { ask: '-v', says: /^tinyproxy \d/ },
  nghttpx: { ask: '--version', says: /^nghttpx nghttp2\// },
  microsocks: { ask: '-h', says: /^MicroSocks/ },
  danted: { ask: '-v', says: /^Dante v1\./ },
}

/**
 * Path of a program that a suite runs against, or undefined when it is not installed, or another program has its name:
 * the suite then skips with a warning. With CI=true that is an error, since a suite that never runs proves nothing.
 */
export function requireProgram(name: string, environment: NodeJS.ProcessEnv = process.env): string | undefined {
  const path = findProgram(name, environment['PATH'] ?? '')
  const problem = path === undefined ? 'not on PATH' : otherProgram(name, path)
  if (problem === undefined) return path
  if (environment['CI'] === 'true') throw new Error(`the program '${name}' is needed by this suite and ${problem}`)
  console.warn(`\n*** '${name}' is ${problem}: the suite that needs it is SKIPPED ***\n`)
  return undefined
}

/** Returns the fault of the program at `path`, as text. */
function otherProgram(name: string, path: string): string | undefined {
  const identity = identities[name]
  if (identity === undefined) return undefined
  const { stdout, stderr } = spawnSync(path, [identity.ask], { encoding: 'utf8', timeout: answerMs, input: '' })
  const words = `${stdout ?? ''}${stderr ?? ''}`.trim()
  return identity.says.test(words) ? undefined : `another program, which says ${JSON.stringify(words.slice(0, 60))}`
}

/** Time for a program to print its version, in milliseconds. */
const answerMs = 5000

function findProgram(name: string, searchPath: string): string | undefined {
  const folders = searchPath.split(delimiter).filter((folder) => folder !== '')
  const candidates = folders.flatMap((folder) => endings.map((ending) => join(folder, name + ending)))
  return candidates.find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
