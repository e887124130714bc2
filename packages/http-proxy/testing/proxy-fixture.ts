import { createServer as createHttpServer, type Server } from 'node:http'
import { createServer as createNetServer, type AddressInfo, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Dial } from '@ls/dial'
import { leakCheck } from '@ls/testkit'
import { afterEach, beforeEach } from 'vitest'
import { dialDirect, type DialInfo } from '../src/dial-direct.js'
import type { HttpProxyOptions } from '../src/options.js'
import { createServer, type HttpProxyServer } from '../src/serve/create-server.js'
import { RawClient } from './raw-client.js'

/**
 * Creates a fixture for the tests of a file: everything that a test opens is closed after it, and nothing may stay
 * open.
 */
export function useProxyFixture(): ProxyFixture {
  const fixture = new ProxyFixture()
  let assertNoLeak: () => Promise<void>
  beforeEach(() => {
    assertNoLeak = leakCheck()
  })
  afterEach(async () => {
    await fixture.close()
    await assertNoLeak()
  })
  return fixture
}

/** Opens servers and proxies for one test, and closes them after it. */
export class ProxyFixture {
  readonly #closers: (() => unknown)[] = []

  /** Runs `close` after the test, and waits for its result. */
  defer(close: () => unknown): void {
    this.#closers.push(close)
  }

  /** Starts a proxy and returns its port. */
  async proxy(options: HttpProxyOptions = {}, dial: Dial<Duplex, DialInfo> = dialDirect): Promise<number> {
    return (await this.server(options, dial)).port
  }

  /** Starts a proxy that the test may close itself. */
  async server(
    options: HttpProxyOptions = {},
    dial: Dial<Duplex, DialInfo> = dialDirect,
  ): Promise<{ server: HttpProxyServer; port: number }> {
    const server = createServer(options, dial)
    const { port } = await server.listen({ port: 0 })
    this.defer(() => server.close())
    return { server, port }
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
