import { once } from 'node:events'
import { promises as fs } from 'node:fs'
import { connect, type Server } from 'node:net'
import { isMainThread } from 'node:worker_threads'
import type { TcpAddress, UnixAddress } from './listen-address.js'
import { listenError } from './listen-error.js'

/**
 * Makes `server` listen at `address`. A UNIX socket is accessible to its owner only. A leftover socket file is
 * replaced; one that a program still listens on is not.
 *
 * @param what Its name in errors.
 * @throws ListenError if the port or path is taken or not permitted
 */
export async function openServer(
  server: Server,
  address: TcpAddress | UnixAddress,
  what = 'the proxy port',
): Promise<TcpAddress | UnixAddress> {
  try {
    if ('path' in address) return await openUnix(server, address)
    server.listen({ host: address.host, port: address.port })
    await once(server, 'listening')
    const bound = server.address()
    return typeof bound === 'object' && bound !== null ? { host: bound.address, port: bound.port } : address
  } catch (error) {
    throw listenError(error, what, address)
  }
}

async function openUnix(server: Server, address: UnixAddress): Promise<UnixAddress> {
  try {
    await listenPrivately(server, address.path)
  } catch (error) {
    const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
    if (!isTaken || !(await isLeftBehind(address.path))) throw error
    await fs.unlink(address.path)
    await listenPrivately(server, address.path)
  }
  // For cases in which the mask cannot be set.
  await fs.chmod(address.path, 0o600)
  return address
}

/** Node creates the file before `listen` returns; with the mask no other user can open it even for a moment. */
async function listenPrivately(server: Server, path: string): Promise<void> {
  const mask = isMainThread ? process.umask(0o177) : undefined
  try {
    server.listen({ path })
  } finally {
    if (mask !== undefined) process.umask(mask)
  }
  await once(server, 'listening')
}

/** True for a socket file without a listener. Any other file may be in use, so it is kept. */
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
