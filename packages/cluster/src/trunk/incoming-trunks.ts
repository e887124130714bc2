import type { Socket } from 'node:net'
import type { Clock } from '@ls/foundation'
import { helloWindowBytes, type Session } from '@ls/mux'
import type { LocalNode } from '@ls/server'
import { ClusterError } from '../errors.js'
import { attachStream } from './attach-stream.js'
import { writeLine } from './json-line.js'
import { type NodeAnswer, TrunkEnded, type TrunkHello } from './node-hello.js'
import { trunkExtensions } from './trunk.js'

/** Sessions that other nodes have opened to this one. */
export class IncomingTrunks {
  readonly #localNode: LocalNode
  readonly #clock: Clock
  readonly #onLost: (nodeId: string) => void
  /** Sessions by node and the name that it gave: one node cannot take the session of another. */
  readonly #sessions = new Map<string, { readonly nodeId: string; readonly session: Session }>()

  /** @param onLost Called when the link of a trunk is lost; its node may be gone. */
  constructor(localNode: LocalNode, clock: Clock, onLost: (nodeId: string) => void) {
    this.#localNode = localNode
    this.#clock = clock
    this.#onLost = onLost
  }

  get size(): number {
    return this.#sessions.size
  }

  /** Accepts a connection for a trunk. @throws ClusterError where it cannot begin or continue */
  accept(hello: TrunkHello, stream: Socket): void {
    const key = `${hello.from} ${hello.session}`
    if (hello.received !== undefined) return this.#resume(key, hello.received, stream)
    const session = this.#open(key, hello)
    answer(stream, { windowBytes: helloWindowBytes(this.#localNode.windowBytes) })
    attachStream(session, stream, this.#clock)
  }

  /** Ends the sessions of a node that is gone, with their channels. */
  endOf(nodeId: string, reason: string): void {
    for (const trunk of this.#sessions.values()) if (trunk.nodeId === nodeId) trunk.session.close(reason)
  }

  close(): void {
    for (const { session } of this.#sessions.values()) session.close('the node is shutting down')
  }

  #open(key: string, { reverseKey, owner, windowBytes, from }: TrunkHello): Session {
    // The answer to an earlier hello came too late, so the other node begins again.
    this.#sessions.get(key)?.session.close('the other node has begun the trunk again')
    const route = { reverseKey, owner }
    const terms = { extensions: trunkExtensions, peerWindowBytes: windowBytes }
    const session: Session | undefined = this.#localNode.openTrunk(reverseKey, terms, {
      onConnect: (channel) => {
        if (session !== undefined) this.#localNode.serve(route, channel, session)
      },
      onUnlinked: () => this.#onLost(from),
      onClose: () => this.#sessions.delete(key),
    })
    if (session === undefined) throw new ClusterError('ERR_CLUSTER_NODE', 'the token is not known to this node')
    this.#sessions.set(key, { nodeId: from, session })
    return session
  }

  #resume(key: string, received: number, stream: Socket): void {
    const session = this.#sessions.get(key)?.session
    if (session?.canResume(received) !== true) throw new TrunkEnded()
    // The number in the answer must be final.
    session.detach()
    answer(stream, { received: session.receivedSequence })
    attachStream(session, stream, this.#clock, received)
  }
}

function answer(stream: Socket, value: NodeAnswer): void {
  writeLine(stream, value)
}
