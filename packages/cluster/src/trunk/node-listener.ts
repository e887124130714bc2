import { once } from 'node:events'
import { type AddressInfo, createServer as createPlainServer, type Server, type Socket } from 'node:net'
import { createServer } from 'node:tls'
import { type Logger, textOf } from '@ls/foundation'
import { ClusterError } from '../errors.js'
import type { NodeAddress } from './dial-node.js'
import { readLine, writeLine } from './json-line.js'
import { checkHello, type NodeAnswer, type NodeHello, TrunkEnded } from './node-hello.js'
import { type NodeSecret, nodeTls, prepare } from './node-secret.js'

export interface NodeListenerOptions {
  readonly listen: NodeAddress
  /** Undefined for nodes in a folder that only their user can enter. */
  readonly secret: NodeSecret | undefined
  readonly ownId: string
  readonly logger: Logger
  /** Called when another node has proven the secret and sent its hello; the node receives the text of an error. */
  onHello(hello: NodeHello, stream: Socket): void | Promise<void>
}

/** Most connections of other nodes, so that strangers at the port cannot take all descriptors. */
const maxConnections = 8192

/** Listener for connections of other nodes. */
export class NodeListener {
  readonly #server: Server
  readonly #streams = new Set<Socket>()
  readonly #options: NodeListenerOptions

  private constructor(options: NodeListenerOptions) {
    this.#options = options
    const { secret, logger } = options
    const accept = (stream: Socket): void => void this.#accept(stream)
    this.#server =
      secret === undefined
        ? createPlainServer({ allowHalfOpen: true }, accept)
        : protectedServer(secret, logger).on('secureConnection', accept)
    this.#server.maxConnections = maxConnections
  }

  /** Opens the listener. @throws the error of `listen` */
  static async open(options: NodeListenerOptions): Promise<NodeListener> {
    const listener = new NodeListener(options)
    const { host, port } = options.listen
    const place = options.secret === undefined ? { path: host.slice('unix:'.length) } : { host, port }
    // Not shared with other processes of a `node:cluster`: each is a node.
    listener.#server.listen({ ...place, exclusive: true })
    await once(listener.#server, 'listening')
    // Too many open files, for instance. Without a listener it would end the process.
    listener.#server.on('error', (error) => options.logger.warn({ err: error }, 'a node could not be accepted'))
    return listener
  }

  /** Port in use; 0 for a UNIX socket. */
  get port(): number {
    const address = this.#server.address() as AddressInfo | string
    return typeof address === 'string' ? 0 : address.port
  }

  close(): void {
    this.#server.close()
    for (const stream of this.#streams) stream.destroy()
  }

  async #accept(stream: Socket): Promise<void> {
    const { ownId, logger, onHello } = this.#options
    this.#streams.add(stream)
    stream.once('close', () => this.#streams.delete(stream))
    stream.on('error', () => stream.destroy())
    prepare(stream)
    try {
      await onHello(checkHello(await readLine(stream), ownId), stream)
    } catch (error) {
      logger.debug({ reason: textOf(error) }, 'another node was refused')
      const isGone = error instanceof ClusterError && error.code === 'ERR_CLUSTER_NODE_GONE'
      const state = {
        ...(isGone && { gone: true as const }),
        ...(error instanceof TrunkEnded && { ended: true as const }),
      }
      const refusal: NodeAnswer = { error: textOf(error), ...state }
      writeLine(stream, refusal)
      stream.end()
    }
  }
}

function protectedServer(secret: NodeSecret, logger: Logger) {
  const options = { ...nodeTls, allowHalfOpen: true, handshakeTimeout: 5000, pskCallback: () => secret.key }
  return createServer(options).on('tlsClientError', (error, stream) => {
    logger.debug({ reason: error.message, from: stream.remoteAddress }, 'a connection without the cluster secret')
    stream.destroy()
  })
}
