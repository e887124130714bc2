import type { Server } from 'node:net'
import { formatHostPort } from '@ls/foundation'
import { listenAt } from './listen-at.js'
import { ListenError } from './listen-error.js'

/**
 * Makes `server` listen at a TCP address, as {@link listenAt} does, and returns the one in use.
 *
 * @param what Name of the port in errors.
 * @throws ListenError
 */
export async function openPort(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  what: string,
): Promise<{ readonly host: string; readonly port: number }> {
  try {
    await listenAt(server, { host, port })
  } catch (error) {
    throw new ListenError(what, formatHostPort(host, port), error)
  }
  const bound = server.address()
  return typeof bound === 'object' && bound !== null ? { host: bound.address, port: bound.port } : { host, port }
}
