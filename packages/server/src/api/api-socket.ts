import { createServer, type Server } from 'node:http'
import type { Server as NetServer } from 'node:net'
import { dirname } from 'node:path'
import { makeFolders } from '@ls/dial'
import { openServer } from '@ls/relay'
import { answerInTurn } from '@ls/transport'
import { aloneHeader } from '../siblings/siblings.js'
import type { ManagementApi } from './management-api.js'

/** The management API on a UNIX socket, for the owner of the process and without a key. */
export class ApiSocket {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  /** Opens the socket. A missing folder is created with access for this user only. @throws ListenError */
  static async open(path: string, api: ManagementApi): Promise<ApiSocket> {
    const server = createServer(
      answerInTurn((request, response) => {
        const [called = '/'] = (request.url ?? '/').split('?', 1)
        const isAlone = aloneHeader in request.headers
        api.answer(request, response, { path: called, remoteAddress: 'unix', isOwner: true, isAlone })
      }),
    )
    await openApiSocket(server, path)
    return new ApiSocket(server)
  }

  /** Stops listening; open connections stay. */
  stopAccepting(): void {
    this.#server.close()
  }

  /** Stops listening and cuts open connections. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }
}

/** Most connections at a time: the API is for people and scripts on this machine. */
const maxConnections = 64

/**
 * Opens the UNIX socket of the management API for this process alone, also where the processes of a `node:cluster`
 * share ports. A missing folder is created with access for this user only.
 *
 * @throws ListenError
 */
export async function openApiSocket(server: NetServer, path: string): Promise<void> {
  server.maxConnections = maxConnections
  try {
    makeFolders(dirname(path))
  } catch {
    // Without the folder the socket cannot be opened, and that error names its path.
  }
  await openServer(server, { path, exclusive: true }, 'the socket of the management API')
}
