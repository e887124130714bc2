import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { makeRoom } from '../observe/make-room.js'
import { messageOf } from '../output/describe-error.js'

/** HTTP server that answers an authority's challenges (RFC 8555 §8.3); open only during an order. */
export class ChallengePort {
  readonly #server: Server
  readonly #texts = new Map<string, string>()

  private constructor() {
    this.#server = createServer(timeouts, (request, response) => {
      const text = this.#texts.get((request.url ?? '').replace(prefix, ''))
      response.writeHead(text === undefined ? 404 : 200, {
        'content-type': 'application/octet-stream',
        connection: 'close',
      })
      response.end(text ?? 'not found\n')
    })
    makeRoom(this.#server, maxConnections)
  }

  /** Opens the port. @throws Error that names the port and the flag */
  static async open(host: string, port: number): Promise<ChallengePort> {
    const opened = new ChallengePort()
    opened.#server.listen(port, host)
    try {
      await once(opened.#server, 'listening')
    } catch (error) {
      throw new Error(
        `the certificate authority connects to port 80, which cannot be opened as ${host} port ${port}: ${messageOf(error)}; choose another port with --acme-listen`,
        { cause: error },
      )
    }
    // A connection that cannot be accepted, such as with too many open files, must not end the process.
    opened.#server.on('error', () => {})
    return opened
  }

  answer(token: string, text: string): void {
    this.#texts.set(token, text)
  }

  forget(token: string): void {
    this.#texts.delete(token)
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

const prefix = '/.well-known/acme-challenge/'

/** Most connections: authorities connect from a handful of places. Then the oldest is cut. */
const maxConnections = 64

/** For a request of one line, in milliseconds. Node checks every 30 s otherwise. */
const timeouts = { headersTimeout: 5000, requestTimeout: 5000, connectionsCheckingInterval: 1000 }
