import { createServer as createNetServer, type Server } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Dial, openPort } from '@ls/dial'
import type { DialInfo } from '../dial-direct.js'
import type { HttpProxyOptions } from '../options.js'
import { HttpProxy } from './http-proxy.js'

/** Address and port of a proxy. */
export interface ListenOptions {
  /** @default '127.0.0.1', since a proxy open to the network is a risk that must be explicit */
  readonly host?: string | undefined
  /** 0 lets the system choose. @default 3128, the usual port of HTTP proxies */
  readonly port?: number | undefined
}

/** A proxy with its own port. */
export interface HttpProxyServer {
  /** Resolves with the address in use once it accepts clients; rejects with a `ListenError`. */
  listen(options?: ListenOptions): Promise<{ readonly host: string; readonly port: number }>
  /** Stops listening and cuts all clients, tunnels included; resolves when they are gone. */
  close(): Promise<void>
}

/**
 * Makes a proxy server on its own.
 *
 * @example
 * ```ts
 * const server = createServer({}, dialDirect)
 * await server.listen({ port: 3128 })
 * ```
 * @throws {TypeError | RangeError} for options out of range.
 */
export function createServer(options: HttpProxyOptions, dial: Dial<Duplex, DialInfo>): HttpProxyServer {
  return new TcpHttpProxyServer(new HttpProxy(options, dial))
}

class TcpHttpProxyServer implements HttpProxyServer {
  readonly #proxy: HttpProxy
  readonly #server: Server

  constructor(proxy: HttpProxy) {
    this.#proxy = proxy
    this.#server = createNetServer({ allowHalfOpen: true, noDelay: true }, (socket) => proxy.serve(socket))
  }

  async listen({ host = '127.0.0.1', port = 3128 }: ListenOptions = {}): Promise<{ host: string; port: number }> {
    const address = await openPort(this.#server, { host, port }, 'the HTTP proxy')
    // Later errors, such as a lack of descriptors, affect one client and not the process.
    this.#server.on('error', () => {})
    return address
  }

  async close(): Promise<void> {
    // The only error is that the server was not listening, which is no fault here.
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    await this.#proxy.close()
    await closed
  }
}
