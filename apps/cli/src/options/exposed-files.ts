import { statSync } from 'node:fs'

/** Mode bits of a file that other users can read, or that users other than its owner can write. */
const exposed = { readable: 0o004, writable: 0o022 } as const

/** Warnings about files of secrets, by their flag, that other users of this machine can read or change. */
export function exposedFiles(files: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(files).flatMap(([flag, path]) => (path === undefined ? [] : warningOf(flag, path)))
}

function warningOf(flag: string, path: string): string[] {
  // Windows has no such bits; Node reports made-up ones.
  if (process.platform === 'win32') return []
  // The code that reads a missing file reports it.
  const mode = statSync(path, { throwIfNoEntry: false })?.mode
  if (mode === undefined) return []
  const what = [...(mode & exposed.readable ? ['read'] : []), ...(mode & exposed.writable ? ['change'] : [])]
  if (what.length === 0) return []
  const text = (mode & 0o777).toString(8).padStart(4, '0')
  return [
    `${flag} ${path} has mode ${text}: others on this machine can ${what.join(' and ')} it; chmod 600 prevents that`,
  ]
}
