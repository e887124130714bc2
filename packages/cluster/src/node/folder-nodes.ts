import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'

/** Time for a connection to a process on the same machine, in milliseconds: a busy one accepts within this time. */
const connectTimeoutMs = 5000

/** Address of a node in a folder. Its port has no meaning. */
export function addressInFolder(folder: string, id: string): { readonly host: string; readonly port: number } {
  return { host: `unix:${join(folder, `${id}.node`)}`, port: 0 }
}

/** Path at which a node in a folder accepts links of its sessions. */
export function linksPathInFolder(folder: string, id: string): string {
  return join(folder, `${id}.links`)
}

/** Connects to a UNIX socket. @throws Node's own errors */
export async function connectToPath(path: string): Promise<Socket> {
  const socket = connect({ path, allowHalfOpen: true })
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(connectTimeoutMs) })
  } catch (error) {
    socket.on('error', () => {}).destroy()
    throw error
  }
  return socket.on('error', () => socket.destroy())
}
