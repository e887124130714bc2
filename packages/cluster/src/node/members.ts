import type { Clock, TimerHandle } from '@ls/foundation'
import type { NodeStatus } from '@ls/server'
import type { NodeAddress } from '../trunk/dial-node.js'
import { nodeVersion } from '../trunk/node-hello.js'

/** Entry that a node writes about itself, repeatedly. */
export interface NodeInfo {
  /** Version of the protocol between nodes; a node of another version is not counted. */
  readonly version: number
  /** Id of the node, 8 hex digits. */
  readonly id: string
  /** Address to which other nodes connect. */
  readonly address: NodeAddress
  /** Number that grows with each message: an old message that arrives late is no sign of life. */
  readonly beat: number
  /** Number of clients' links. */
  readonly links: number
  /** Number of open channels of these links. */
  readonly channels: number
  /** Whether it sends its clients to other nodes. Until they have moved, they are reached through it. */
  readonly draining: boolean
  /** Version of its program. */
  readonly release: string
}

/**
 * `up`: sent a message recently · `silent`: no recent message, gets no new channels · `gone`: its channels have ended
 */
export type MemberState = 'up' | 'silent' | 'gone'

interface Member {
  info: NodeInfo
  heardAtMs: number
  state: MemberState
  /** Whether it is being asked directly. */
  isAsked: boolean
}

export interface MembersOptions {
  readonly clock: Clock
  readonly ownId: string
  /**
   * Asks a node that sends no messages directly: the messages may be lost on the way, because its NATS server stands
   * still or cannot reach the others. Never rejects.
   */
  isAnswering(id: string): Promise<boolean>
  /** Called when the state of a node has changed. */
  onChange(id: string, state: MemberState): void
  /** Called when a node that is gone is forgotten, with all that is known of it. */
  onForgotten(id: string): void
}

/** Time between two signs of life of a node, in milliseconds. */
export const beatMs = 1000

/** Time without a sign of life after which a node is asked directly, in milliseconds: two are missing. */
const quietMs = 2500

/** Time for its answer, in milliseconds. Without one it gets no new channels: it stands still, or is out of reach. */
export const answerMs = 1000

/** Time without a node's own messages after which the store stands still, in milliseconds: before others are silent. */
const stillMs = 2500

/**
 * Time after which its channels end, in milliseconds: a process that was stopped for half a minute continues without a
 * loss.
 */
const goneMs = 45_000

/** Most nodes of a cluster, without those that are gone; further ones are ignored. */
const maxMembers = 256

/** The other nodes, by their entries in the store and by the results of trunks. Clocks of nodes are not compared. */
export class Members {
  readonly #options: MembersOptions
  readonly #members = new Map<string, Member>()
  /** Questions to nodes whose entries were found in the store, until {@link asked}: at most one for each. */
  readonly #asking = new Set<Promise<void>>()
  #timer: TimerHandle
  #isFrozen = true
  /** Time at which the store delivered this node's own message; undefined before the first one. */
  #ownHeardAtMs: number | undefined

  constructor(options: MembersOptions) {
    this.#options = options
    this.#check()
  }

  *[Symbol.iterator](): Generator<NodeInfo & { readonly state: MemberState }> {
    for (const { info, state } of this.#members.values()) yield { ...info, state }
  }

  isUp(id: string): boolean {
    return this.#members.get(id)?.state === 'up'
  }

  /** Address at which a node accepts connections; undefined for one that is gone or unknown. */
  addressOf(id: string): NodeAddress | undefined {
    const member = this.#members.get(id)
    return member === undefined || member.state === 'gone' ? undefined : member.info.address
  }

  heard(info: NodeInfo): void {
    const { clock, ownId, onChange } = this.#options
    if (info.version !== nodeVersion) return
    if (info.id === ownId) return this.#heardOwn()
    const known = this.#members.get(info.id)
    if (known !== undefined && info.beat <= known.info.beat) return
    if (known === undefined && !this.#makeRoom()) return
    // Found while everything is read: it may be the entry of a node that was killed minutes ago.
    const isFound = known === undefined && this.#isFrozen
    const state = isFound ? 'silent' : 'up'
    this.#members.set(info.id, { info, heardAtMs: clock.now(), state, isAsked: known?.isAsked ?? false })
    if (isFound) this.#asking.add(this.#ask(info.id))
    else if (known?.state !== 'up') onChange(info.id, 'up')
  }

  /** Resolves when the nodes whose entries were found in the store have answered, or had the time to. */
  async asked(): Promise<void> {
    await Promise.all(this.#asking)
    this.#asking.clear()
  }

  /** Handles a node that has left, or whose address refuses connections. */
  gone(id: string): void {
    this.#set(id, 'gone')
  }

  /** Stops counting silence while the store cannot be reached. */
  freeze(): void {
    this.#isFrozen = true
  }

  /** Restarts the time of all nodes: the store is back. */
  thaw(): void {
    this.#isFrozen = false
    this.#ownHeardAtMs = undefined
    this.#restart()
  }

  close(): void {
    this.#options.clock.clearTimeout(this.#timer)
  }

  /** Forgets a node that is gone, where there are too many. Returns whether another one has room. */
  #makeRoom(): boolean {
    if (this.#members.size < maxMembers) return true
    const gone = [...this.#members].find(([, { state }]) => state === 'gone')
    if (gone === undefined) return false
    this.#forget(gone[0])
    return true
  }

  #forget(id: string): void {
    this.#members.delete(id)
    this.#options.onForgotten(id)
  }

  /** Handles a message of this node itself: the store delivers. After a standstill, all others get new time. */
  #heardOwn(): void {
    if (this.#isStoreStill) this.#restart()
    this.#ownHeardAtMs = this.#options.clock.now()
  }

  /** Whether the store delivers nothing, although its connection is open: the silence of others then means nothing. */
  get #isStoreStill(): boolean {
    return this.#ownHeardAtMs !== undefined && this.#options.clock.now() - this.#ownHeardAtMs > stillMs
  }

  /** Whether the silence of another node says something about it, because the store delivers. */
  get #isSilenceTelling(): boolean {
    return !this.#isFrozen && !this.#isStoreStill
  }

  #restart(): void {
    const now = this.#options.clock.now()
    for (const member of this.#members.values()) member.heardAtMs = now
  }

  #check(): void {
    const { clock } = this.#options
    this.#timer = clock.setTimeout(() => this.#check(), beatMs / 2)
    const isSilenceTelling = this.#isSilenceTelling
    for (const [id, { heardAtMs, state, isAsked }] of this.#members) {
      const silence = clock.now() - heardAtMs
      // While the store is away, a silent node can still turn out to be there.
      const isDoubtful = isSilenceTelling ? silence > quietMs && state !== 'gone' : state === 'silent'
      if (isDoubtful && !isAsked) void this.#ask(id)
      if (isSilenceTelling && silence > goneMs) {
        this.#set(id, 'gone')
        this.#forget(id)
      }
    }
  }

  async #ask(id: string): Promise<void> {
    const { clock, isAnswering } = this.#options
    const asked = this.#members.get(id)
    if (asked === undefined) return
    asked.isAsked = true
    const isThere = await isAnswering(id)
    const member = this.#members.get(id)
    if (member === undefined) return
    member.isAsked = false
    if (isThere && member.state !== 'gone') {
      member.heardAtMs = clock.now()
      this.#set(id, 'up')
      return
    }
    // The store may have gone or come to a standstill since the question.
    const isQuiet = this.#isSilenceTelling && clock.now() - member.heardAtMs > quietMs
    if (member.state === 'up' && isQuiet) this.#set(id, 'silent')
  }

  #set(id: string, state: MemberState): void {
    const member = this.#members.get(id)
    if (member === undefined || member.state === state) return
    member.state = state
    this.#options.onChange(id, state)
  }
}

/** A node in the form of the API and the metrics. */
export function statusOf(
  { id, address, links, channels, draining, release }: NodeInfo,
  state: NodeStatus['state'],
): NodeStatus {
  return { id, address, state, links, channels, draining, release }
}
