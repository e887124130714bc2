import { randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'

/** Most bytes of a request to the tunnel; a real one takes 200. */
const maxHeadBytes = 4096

/**
 * Carries the bytes of one external TLS client over a connection that we opened, so that we control names, proxies and
 * `dial`. To the client it is an HTTP proxy on the loopback address with a secret password, valid once.
 *
 * A pause stops the bytes from the server, and is the only way to stop a client that reads as fast as it can: only
 * already decrypted bytes wait then, and the rest stays in the system's buffers and at the server.
 */
export class Tunnel {
  /** Proxy URL for the client, with the password in it. */
  readonly proxyUrl: string
  /** Called when bytes have left to the server. */
  onForwarded: () => void = () => {}
  readonly #connection: Duplex
  readonly #server: Server
  readonly #authorization: Buffer
  #client: Duplex | undefined
  #paused = false
  #error: Error | undefined

  /** Starts to listen. The tunnel owns `connection` from now on, and destroys it on failure. */
  static async open(connection: Duplex): Promise<Tunnel> {
    const server = createServer({ maxHeaderSize: maxHeadBytes })
    try {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      // A connection that cannot be accepted, such as with too many open files, must not end the process.
      server.on('error', () => {})
      return new Tunnel(connection, server)
    } catch (error) {
      connection.destroy()
      throw error
    }
  }

  private constructor(connection: Duplex, server: Server) {
    const account = `tunnel:${randomBytes(16).toString('hex')}`
    this.proxyUrl = `http://${account}@127.0.0.1:${(server.address() as AddressInfo).port}`
    this.#authorization = Buffer.from(`Basic ${Buffer.from(account).toString('base64')}`)
    this.#connection = connection
    this.#server = server
    server.on('connect', (request, client, head) => this.#enter(request, client, head))
    connection.on('error', (error) => (this.#error ??= error))
    // Received bytes still go to the client, followed by the end.
    connection.on('close', () => (this.#client === undefined ? this.#end() : this.#client.end()))
    if (connection.destroyed) this.#end()
  }

  /** The error that ended the connection to the server, if any. */
  get error(): Error | undefined {
    return this.#error
  }

  /** Bytes to the server that wait in this process. */
  get bufferedBytes(): number {
    return this.#connection.writableLength
  }

  pause(): void {
    this.#paused = true
    this.#connection.pause()
  }

  resume(): void {
    this.#paused = false
    if (this.#client?.writableNeedDrain === false) this.#connection.resume()
  }

  /** Cuts both ends. */
  destroy(): void {
    this.#end()
  }

  #enter(request: IncomingMessage, client: Duplex, head: Buffer): void {
    if (this.#client !== undefined || !this.#isOurs(request)) return void client.destroy()
    client.on('error', () => this.#end())
    this.#client = client
    // It serves one client, so it stops listening.
    this.#server.close()
    client.write('HTTP/1.1 200 OK\r\n\r\n')
    this.#join(client, head)
  }

  #join(client: Duplex, head: Buffer): void {
    const connection = this.#connection
    if (head.length > 0) connection.write(head)
    client.pipe(connection)
    client.on('data', () => this.onForwarded())
    connection.on('drain', () => this.onForwarded())
    connection.on('data', (chunk: Buffer) => {
      if (!client.write(chunk)) connection.pause()
    })
    connection.on('end', () => client.end())
    // If the client ended properly, its last bytes are still in transit.
    client.on('close', () => {
      if (!connection.writableEnded) this.#end()
    })
    client.on('drain', () => {
      if (!this.#paused) connection.resume()
    })
    if (this.#paused) connection.pause()
  }

  #isOurs({ headers }: IncomingMessage): boolean {
    const given = Buffer.from(headers['proxy-authorization'] ?? '')
    return given.length === this.#authorization.length && timingSafeEqual(given, this.#authorization)
  }

  #end(): void {
    this.#server.close()
    this.#server.closeAllConnections()
    this.#client?.destroy()
    this.#connection.destroy()
  }
}
