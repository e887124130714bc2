import type { Server } from 'node:net'
import { listenAt, ListenError } from '@ls/dial'
import { formatListenAddress, type TcpAddress, type UnixAddress } from './listen-address.js'

/**
 * Makes `server` listen at `address`, on a socket that the process received where there is one. A UNIX socket is
 * accessible to its owner only. A leftover socket file is replaced; one on which a program still listens is not.
 *
 * @param what Name of the server in errors.
 * @throws ListenError if the port or path is taken or not permitted
 */
export async function openServer(
  server: Server,
  address: TcpAddress | UnixAddress,
  what = 'the proxy port',
): Promise<TcpAddress | UnixAddress> {
  try {
    await listenAt(server, 'path' in address ? { ...address, mode: ownerOnly } : address)
    if ('path' in address) return address
    const bound = server.address()
    return typeof bound === 'object' && bound !== null ? { host: bound.address, port: bound.port } : address
  } catch (error) {
    throw new ListenError(what, formatListenAddress(address), error)
  }
}

/** Mode for the owner only: with an open proxy every user of the machine could act as its owner. */
const ownerOnly = 0o600
