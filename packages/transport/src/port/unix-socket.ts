import { once } from 'node:events'
import { promises as fs } from 'node:fs'
import { connect, type Server } from 'node:net'
import { isMainThread } from 'node:worker_threads'

const PREFIX = 'unix:'

/**
 * `sun_path` is 104 bytes on BSD and macOS, including its NUL; Linux has 108. Systems truncate longer paths silently.
 */
const MAX_PATH_BYTES = 103

/** For the owner and its group: reverse proxies run as other users, which join the group. */
const MODE = 0o660

/**
 * The path of a host like `unix:/run/linksocks.sock`; undefined for any other host. @throws RangeError for an invalid
 * path
 */
export function unixPathOf(host: string): string | undefined {
  if (!host.startsWith(PREFIX)) return undefined
  const path = host.slice(PREFIX.length)
  const bytes = Buffer.byteLength(path)
  // An abstract name (Linux) has no file whose mode would keep others out.
  if (bytes === 0 || path.includes('\0')) throw new RangeError(`"${PREFIX}" needs the path of a file behind it`)
  if (bytes <= MAX_PATH_BYTES) return path
  throw new RangeError(`the UNIX socket path "${path}" has ${bytes} bytes; the limit is ${MAX_PATH_BYTES}`)
}

/**
 * Makes `server` listen at `path`. A leftover socket file is replaced; one that a program still listens on, and any
 * other file, is kept.
 *
 * @throws Node's own errors, EADDRINUSE for a path that is taken
 */
export async function listenOnPath(server: Server, path: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await listenOnce(server, path, signal)
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
    if (!isTaken || !(await isLeftBehind(path))) throw error
    await fs.unlink(path)
    await listenOnce(server, path, signal)
  }
  // For cases in which the mask cannot be set.
  await fs.chmod(path, MODE)
}

/** Node creates the file before `listen` returns; with the mask no other user can open it even for a moment. */
async function listenOnce(server: Server, path: string, signal: AbortSignal | undefined): Promise<void> {
  const mask = isMainThread ? process.umask(0o777 & ~MODE) : undefined
  try {
    server.listen({ path })
  } finally {
    if (mask !== undefined) process.umask(mask)
  }
  await once(server, 'listening', signal === undefined ? {} : { signal })
}

async function isLeftBehind(path: string): Promise<boolean> {
  const stats = await fs.lstat(path)
  if (!stats.isSocket()) return false
  return new Promise((resolve) => {
    const probe = connect({ path })
    probe.once('connect', () => {
      probe.destroy()
      resolve(false)
    })
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'))
  })
}
