import type { Socket } from 'node:net'
import { connect } from 'node:tls'
import { ClusterError } from '../errors.js'
import { connectToPath } from '../node/folder-nodes.js'
import { readLine, writeLine } from './json-line.js'
import { checkAnswer, type NodeAnswer, type NodeHello } from './node-hello.js'
import { type NodeSecret, nodeTls, prepare, secretFault } from './node-secret.js'

/** Address at which a node accepts connections of others. */
export interface NodeAddress {
  /** A name or an address; `unix:/path` for a process of the same machine. */
  readonly host: string
  /** Port; for a listener, 0 for any free one. */
  readonly port: number
}

/** Timeout for TCP and TLS, in milliseconds. */
const dialTimeoutMs = 5000

/**
 * Connects to another node.
 *
 * @param secret Undefined for nodes in a folder that only their user can enter.
 * @throws ClusterError when it refuses, or is another node than expected
 */
export async function dialNode(
  address: NodeAddress,
  secret: NodeSecret | undefined,
  hello: NodeHello,
): Promise<{ readonly stream: Socket; readonly answer: NodeAnswer }> {
  const stream =
    secret === undefined
      ? await connectToPath(address.host.slice('unix:'.length))
      : await connectTo(address, secret, hello.from)
  try {
    writeLine(stream, hello)
    return { stream, answer: checkAnswer(await readLine(stream), hello) }
  } catch (error) {
    stream.destroy()
    throw error
  }
}

/** Whether an error says that no process listens at the address: a killed one leaves the file of its UNIX socket. */
function isRefusal(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code === 'ECONNREFUSED' || code === 'ENOENT'
}

/** Whether an error says that the node is gone: nothing listens at its address, or another node does by now. */
export function isGone(error: unknown): boolean {
  return isRefusal(error) || (error instanceof ClusterError && error.code === 'ERR_CLUSTER_NODE_GONE')
}

function connectTo({ host, port }: NodeAddress, { key }: NodeSecret, identity: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const options = { host, port, ...nodeTls, allowHalfOpen: true, timeout: dialTimeoutMs }
    const stream = connect({
      ...options,
      pskCallback: () => ({ psk: key, identity }),
      // There is no certificate: the key authenticates both ends.
      checkServerIdentity: () => undefined,
    })
    const fail = (error: Error): void => {
      stream.destroy()
      reject(secretFault(error))
    }
    stream.once('error', fail)
    stream.once('timeout', () => fail(new ClusterError('ERR_CLUSTER_NODE', `not connected within ${dialTimeoutMs} ms`)))
    stream.once('secureConnect', () => {
      stream.setTimeout(0)
      prepare(stream)
      stream.off('error', fail).on('error', () => stream.destroy())
      resolve(stream)
    })
  })
}
