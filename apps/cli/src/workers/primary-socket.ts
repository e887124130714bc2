import { readdir } from 'node:fs/promises'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { openApiSocket } from '@ls/server'
import { apiSuffix } from './worker-server.js'

/** The management API on the UNIX socket of the user: each connection is joined with one to a worker. */
export class PrimarySocket {
  readonly #server: Server
  readonly #sockets = new Set<Socket>()

  private constructor(folder: string) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#track(socket)
      void this.#join(socket, folder)
    })
  }

  /**
   * Opens the socket. A missing folder is created with access for this user only. @throws ListenError
   *
   * @param folder Folder of the sockets of the workers.
   */
  static async open(path: string, folder: string): Promise<PrimarySocket> {
    const opened = new PrimarySocket(folder)
    await openApiSocket(opened.#server, path)
    return opened
  }

  /** Stops listening and cuts open connections. */
  close(): void {
    this.#server.close()
    for (const socket of this.#sockets) socket.destroy()
  }

  async #join(socket: Socket, folder: string): Promise<void> {
    for (const path of await socketsIn(folder)) {
      const worker = await connected(path)
      if (worker === undefined) continue
      if (socket.destroyed) return void worker.destroy()
      this.#track(worker)
      socket.on('close', () => worker.destroy())
      worker.on('close', () => socket.destroy())
      socket.pipe(worker).pipe(socket)
      return
    }
    socket.destroy()
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy()).on('close', () => this.#sockets.delete(socket))
  }
}

/** Sockets of the workers; none where the folder is gone, as when the program ends. */
async function socketsIn(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.filter((name) => name.endsWith(apiSuffix)).map((name) => join(folder, name))
}

/** Connects to a worker; undefined for one that has ended, whose socket file may be left. */
function connected(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ path, allowHalfOpen: true })
    socket.once('connect', () => resolve(socket))
    socket.once('error', () => resolve(undefined))
  })
}
