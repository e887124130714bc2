import { once } from 'node:events'
import { promises as fs } from 'node:fs'
import { connect, type Server } from 'node:net'
import { isMainThread } from 'node:worker_threads'

/** Options of {@link listenOnPath}. */
export interface ListenOnPathOptions {
  /** Permissions of the socket file, such as 0o600: users who may write to it may connect. */
  readonly mode: number
  /** Whether this process alone accepts there, see `listenAt`. @default false */
  readonly exclusive?: boolean | undefined
  /** Cancels the opening; the promise then rejects with its reason. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Makes `server` listen on the UNIX socket `path`. A socket file without a listener is replaced; one that a program
 * still listens on, and any other file, is kept.
 *
 * @throws Node's own errors, EADDRINUSE for a path in use
 */
export async function listenOnPath(server: Server, path: string, options: ListenOnPathOptions): Promise<void> {
  try {
    await listenMasked(server, path, options)
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
    if (!isTaken || !(await isLeftBehind(path))) throw error
    await fs.unlink(path)
    await listenMasked(server, path, options)
  }
  // For cases in which the mask cannot be set.
  await fs.chmod(path, options.mode)
}

/** Node creates the file before `listen` returns; with the mask no other user can open it even for a moment. */
async function listenMasked(server: Server, path: string, options: ListenOnPathOptions): Promise<void> {
  const { mode, exclusive, signal } = options
  const mask = isMainThread ? process.umask(0o777 & ~mode) : undefined
  try {
    server.listen({ path, exclusive })
  } finally {
    if (mask !== undefined) process.umask(mask)
  }
  await once(server, 'listening', { signal })
}

/** Whether the path is a socket file without a listener. Any other file may be in use, so it is kept. */
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
