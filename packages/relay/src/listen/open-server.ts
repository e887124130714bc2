import type { Server } from 'node:net'
import { listenAt, ListenError } from '@ls/dial'
import { formatListenAddress, type TcpAddress, type UnixAddress } from './listen-address.js'

/**
 * Makes `server` listen at `address`, on a socket that the process was given where there is one. A UNIX socket is
 * accessible to its owner only. A leftover socket file is replaced; one that a program still listens on is not.
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
    await listenAt(server, 'path' in address ? { path: address.path, mode: ownerOnly } : address)
    if ('path' in address) return address
    const bound = server.address()
    return typeof bound === 'object' && bound !== null ? { host: bound.address, port: bound.port } : address
  } catch (error) {
    throw new ListenError(what, formatListenAddress(address), error)
  }
}

/** The owner alone: an open proxy would let every user of the machine act as its owner. */
const ownerOnly = 0o600
