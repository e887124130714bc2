import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createNetServer, type AddressInfo, type Socket } from 'node:net'
import { createServer, type HttpProxyServer } from '../create-server.js'
import { dialDirect } from '../dial-direct.js'
import type { Dial, HttpProxyOptions } from '../options.js'
import { RawClient } from './raw-client.js'

/** Opens things for one test and closes them all behind it. */
export class ProxyFixture {
  readonly #closers: (() => unknown)[] = []

  /** Runs `close` at the end, and waits for what it returns. */
  defer(close: () => unknown): void {
    this.#closers.push(close)
  }

  /** Starts a proxy and returns its port. */
  async proxy(options: HttpProxyOptions = {}, dial: Dial = dialDirect): Promise<number> {
    const server: HttpProxyServer = createServer(options, dial)
    const { port } = await server.listen({ port: 0 })
    this.defer(() => server.close())
    return port
  }

  /** Starts a web server and returns its authority. */
  async web(onRequest: Parameters<typeof createHttpServer>[1], prepare?: (server: Server) => void): Promise<string> {
    const server = createHttpServer(onRequest)
    prepare?.(server)
    return this.#listen(server)
  }

  /** Starts a TCP server and returns its authority. */
  tcp(onSocket: (socket: Socket) => void): Promise<string> {
    return this.#listen(createNetServer({ allowHalfOpen: true }, onSocket))
  }

  client(port: number): RawClient {
    const client = new RawClient(port)
    this.defer(() => void client.socket.destroy())
    return client
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0).toReversed()) await close()
  }

  async #listen(server: ReturnType<typeof createNetServer> | Server): Promise<string> {
    const sockets = new Set<Socket>()
    server.on('connection', (socket: Socket) => {
      sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => sockets.delete(socket))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    this.defer(() => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(resolve))
    })
    return `127.0.0.1:${(server.address() as AddressInfo).port}`
  }
}
