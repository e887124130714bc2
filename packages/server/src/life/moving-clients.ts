import { encode, MessageType, peekType } from '@ls/codec'
import type { Clock } from '@ls/foundation'
import type { Peer } from '../links/peer.js'
import type { ReverseGroups } from '../reverse/reverse-groups.js'
import { farMs, MovedPeers } from './moved-peers.js'

export interface MovingClientsOptions {
  readonly peers: ReadonlySet<Peer>
  readonly groups: Pick<ReverseGroups, 'of'>
  /** Whether nothing of a client but its session is at this node. */
  mayLeave(peer: Peer): boolean
  readonly clock: Clock
}

/** A client process that was asked to link to another node. */
interface Asked {
  readonly atMs: number
  /** How often it is still refused a new link here. */
  refusals: number
  /** Whether it has come back, and so knows no other node. It is not asked again while it has a link here. */
  isBack: boolean
}

/** Time in which a client that was asked to leave is refused new links, in milliseconds. */
const refuseMs = 15_000

/**
 * Most refusals for each link of a client: a client with several URLs needs one, and a balancer has chosen another node
 * by then. One that knows no other node stays.
 */
const maxRefusals = 3

/** Time in which a client that finds no other node is back, in milliseconds: refusals end after {@link refuseMs}. */
const backMs = 60_000

/** Time in which a client that has left is remembered, in milliseconds: it is not asked again if it returns. */
const restMs = 600_000

/** Most clients that are remembered: those that were asked within `restMs`, at most 3,000, and those that came back. */
const maxAsked = 10_000

/** Time between the end of a client's last channel and that of its session, in milliseconds. */
const endDelayMs = 100

/**
 * Clients that link to another node: this one asks them to, because it has more than its share, or it was silent. Only
 * clients without a channel are asked, and a session ends only without one, so no connection breaks.
 */
export class MovingClients {
  readonly #options: MovingClientsOptions
  readonly #asked = new Map<string, Asked>()
  readonly #moved: MovedPeers

  constructor(options: MovingClientsOptions) {
    this.#options = options
    this.#moved = new MovedPeers(options)
  }

  /** Asks clients with at most that many links in all. Returns the number of links. */
  ask(most: number): number {
    const { clock } = this.#options
    const nowMs = clock.now()
    this.#forgetOld(nowMs)
    let links = 0
    for (const [instance, peers] of this.#idleClients()) {
      if (this.#asked.size >= maxAsked || links === most) break
      if (this.#asked.has(instance) || links + peers.length > most) continue
      links += peers.length
      this.#asked.set(instance, { atMs: nowMs, refusals: maxRefusals * peers.length, isBack: false })
      for (const { session } of peers) session.send(encode({ type: MessageType.Relink }))
    }
    return links
  }

  /** Whether a new link of this client is refused, so that it tries another node. Counts the refusal. */
  refuses(instance: string): boolean {
    const asked = this.#asked.get(instance)
    if (asked === undefined || asked.refusals === 0) return false
    if (this.#options.clock.now() - asked.atMs >= refuseMs) return false
    asked.refusals--
    return true
  }

  /** Whether a client is asked to use another node, and has not come back. */
  isLeaving({ instance }: Peer): boolean {
    return this.#asked.get(instance)?.isBack === false
  }

  /** Handles a client that has a session. */
  joined({ instance }: Peer): void {
    const asked = this.#asked.get(instance)
    if (asked !== undefined && this.#options.clock.now() - asked.atMs < backMs) asked.isBack = true
  }

  /**
   * Handles a client that has a session elsewhere: it was asked, or this node was silent for a while. Only this node
   * knows whether it has sent a channel to a provider, so it ends the session.
   */
  receive(peer: Peer, message: Uint8Array): void {
    if (peekType(message) !== MessageType.Relink) return
    this.#moved.add(peer)
    if (peer.record.kind !== 'reverse') return this.idle(peer)
    this.#options.clock.setTimeout(() => this.#leaves(peer), farMs)
  }

  /** Handles the end of a client's last channel, whose last message is given to the link after this call. */
  idle(peer: Peer): void {
    if (!this.#moved.has(peer)) return
    this.#options.clock.setTimeout(() => {
      // A channel of another node may be on its way to a provider, whose session ends later.
      if (peer.record.kind !== 'reverse' || !this.#moved.isAskedFromAfar(peer)) this.#end(peer)
    }, endDelayMs)
  }

  /** Ends the session of a client that has moved, unless it has a channel again. */
  #end(peer: Peer): void {
    if (peer.session.channelCount > 0 || !this.#options.peers.has(peer)) return
    peer.session.close('the client has a session at another node')
  }

  /** Gives a provider no more channels, and ends its session as soon as it has none. */
  #leaves(peer: Peer): void {
    if (!this.#options.peers.has(peer)) return
    this.#options.groups.of(peer.record)?.removeProvider(peer)
    this.#end(peer)
  }

  #forgetOld(nowMs: number): void {
    const here = new Set([...this.#options.peers].map(({ instance }) => instance))
    for (const [instance, { atMs, isBack }] of this.#asked)
      if (nowMs - atMs >= restMs && !(isBack && here.has(instance))) this.#asked.delete(instance)
  }

  /** Processes whose links all can move, and have no channel. */
  #idleClients(): Map<string, Peer[]> {
    const { peers, mayLeave } = this.#options
    const found = new Map<string, Peer[]>()
    const staying = new Set<string>()
    for (const peer of peers) {
      const { session, instance } = peer
      const isIdle = session.linked && session.channelCount === 0 && session.options.window && mayLeave(peer)
      if (isIdle) found.set(instance, [...(found.get(instance) ?? []), peer])
      else staying.add(instance)
    }
    for (const instance of staying) found.delete(instance)
    return found
  }
}
