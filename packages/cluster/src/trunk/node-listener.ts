import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, type Server, type TLSSocket } from 'node:tls'
import { type Logger, textOf } from '@ls/foundation'
import type { NodeAddress } from './dial-node.js'
import { readLine, writeLine } from './json-line.js'
import { checkHello, type NodeHello } from './node-hello.js'
import { type NodeSecret, nodeTls, prepare } from './node-secret.js'

export interface NodeListenerOptions {
  readonly listen: NodeAddress
  readonly secret: NodeSecret
  readonly ownId: string
  readonly logger: Logger
  /** Called when another node has proven the secret and sent its hello; the node receives the text of an error. */
  onHello(hello: NodeHello, stream: TLSSocket): void | Promise<void>
}

/** Most connections of other nodes, so that strangers at the port cannot take all descriptors. */
const maxConnections = 8192

/** Listener for connections of other nodes. */
export class NodeListener {
  readonly #server: Server
  readonly #streams = new Set<TLSSocket>()
  readonly #options: NodeListenerOptions

  private constructor(options: NodeListenerOptions) {
    this.#options = options
    const { secret, logger } = options
    this.#server = createServer({
      ...nodeTls,
      allowHalfOpen: true,
      handshakeTimeout: 5000,
      pskCallback: () => secret.key,
    })
    this.#server.maxConnections = maxConnections
    this.#server.on('secureConnection', (stream) => void this.#accept(stream))
    this.#server.on('tlsClientError', (error, stream) => {
      logger.debug({ reason: error.message, from: stream.remoteAddress }, 'a connection without the cluster secret')
      stream.destroy()
    })
  }

  /** Opens the listener. @throws the error of `listen` */
  static async open(options: NodeListenerOptions): Promise<NodeListener> {
    const listener = new NodeListener(options)
    listener.#server.listen(options.listen)
    await once(listener.#server, 'listening')
    return listener
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  close(): void {
    this.#server.close()
    for (const stream of this.#streams) stream.destroy()
  }

  async #accept(stream: TLSSocket): Promise<void> {
    const { ownId, logger, onHello } = this.#options
    this.#streams.add(stream)
    stream.once('close', () => this.#streams.delete(stream))
    stream.on('error', () => stream.destroy())
    prepare(stream)
    try {
      await onHello(checkHello(await readLine(stream), ownId), stream)
    } catch (error) {
      logger.debug({ reason: textOf(error) }, 'another node was refused')
      writeLine(stream, { error: textOf(error) })
      stream.end()
    }
  }
}
