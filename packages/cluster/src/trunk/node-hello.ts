import { ClusterError } from '../errors.js'

/** Version of the protocol between nodes. A node refuses all versions but its own. */
export const nodeVersion = 1

/** First line of a connection between nodes, as JSON. */
export type NodeHello = TrunkHello | LinkHello | ProbeHello

interface HelloPart {
  readonly version: number
  /** The node that dials. */
  readonly from: string
  /** The node to reach: another one may have its address by now. */
  readonly to: string
}

/** Hello of a session for the channels of one token. */
export interface TrunkHello extends HelloPart {
  readonly purpose: 'trunk'
  /** Name of the session, as hex. */
  readonly session: string
  readonly reverseKey: string
  readonly owner?: string | undefined
  readonly windowBytes: number
  /** Number of the last message received, for a session that continues; missing for a new one. */
  readonly received?: number | undefined
}

/** Hello of a client's link whose session the other node has: a WebSocket request follows, after a PROXY header. */
interface LinkHello extends HelloPart {
  readonly purpose: 'link'
}

/** Hello that checks whether the node runs. */
interface ProbeHello extends HelloPart {
  readonly purpose: 'probe'
}

/** Answer to a hello, a line of JSON. */
export interface NodeAnswer {
  /** Reason of a refusal; missing for an acceptance. */
  readonly error?: string
  /** Whether it refuses since it is not the node that was meant: that one is gone, and this one has its address. */
  readonly gone?: true
  /** Whether the trunk of the hello cannot continue: it has ended here, or messages are lost. The node runs. */
  readonly ended?: true
  /** For a trunk: the window. */
  readonly windowBytes?: number
  /** For a trunk that continues: number of the last message received. */
  readonly received?: number
}

/** A trunk cannot continue at the other node, which runs. */
export class TrunkEnded extends ClusterError {
  constructor() {
    super('ERR_CLUSTER_NODE', 'the trunk cannot continue: it has ended, or messages were lost')
  }
}

/** Checks a hello. @throws ClusterError for anything but a hello of this version to this node */
export function checkHello(value: unknown, ownId: string): NodeHello {
  const hello = value as Partial<NodeHello> | null
  if (typeof hello !== 'object' || hello === null) throw refusal('a hello that is no object')
  if (hello.version !== nodeVersion) throw refusal(`version ${String(hello.version)}; this node speaks ${nodeVersion}`)
  if (hello.to !== ownId) throw new ClusterError('ERR_CLUSTER_NODE_GONE', 'this is another node')
  if (typeof hello.from !== 'string') throw refusal('a hello without a sender')
  if (hello.purpose === 'link' || hello.purpose === 'probe') return hello as NodeHello
  if (hello.purpose === 'trunk' && isTrunk(hello)) return hello as NodeHello
  throw refusal('a hello that this node does not know')
}

/**
 * Checks the answer to a hello.
 *
 * @throws ClusterError for a refusal, and for anything but an answer
 */
export function checkAnswer(value: unknown, hello: NodeHello): NodeAnswer {
  const answer = value as Partial<NodeAnswer> | null
  if (typeof answer !== 'object' || answer === null) throw refusal('the other node sent an answer that is no object')
  if (answer.ended === true) throw new TrunkEnded()
  const code = answer.gone === true ? 'ERR_CLUSTER_NODE_GONE' : 'ERR_CLUSTER_NODE'
  if (answer.error !== undefined) throw new ClusterError(code, `the node refused: ${answer.error}`)
  if (hello.purpose !== 'trunk') return answer
  const name = hello.received === undefined ? 'windowBytes' : 'received'
  if (isCount(answer[name])) return answer
  throw refusal(`the other node sent an answer without the number ${name}`)
}

/** Whether it is a number of bytes or messages. */
function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isTrunk({ session, reverseKey, owner, windowBytes, received }: Partial<TrunkHello>): boolean {
  const texts = [session, reverseKey, owner ?? '']
  const numbers = [windowBytes, received ?? 0]
  return texts.every((text) => typeof text === 'string') && numbers.every(isCount)
}

function refusal(reason: string): ClusterError {
  return new ClusterError('ERR_CLUSTER_NODE', reason)
}
