import type { Server } from 'node:net'
import { listenAt } from '@ls/dial'
import type { TcpAddress, UnixAddress } from './listen-address.js'
import { listenError } from './listen-error.js'

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
    throw listenError(error, what, address)
  }
}

/** The owner alone: an open proxy would let every user of the machine act as its owner. */
const ownerOnly = 0o600
