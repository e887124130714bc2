import { encode, MessageType, peekType } from '@ls/codec'
import type { Changes, Clock, TimerHandle } from '@ls/foundation'
import type { Peer } from '../links/peer.js'
import type { ReverseGroup } from '../reverse/reverse-group.js'
import type { ReverseGroups } from '../reverse/reverse-groups.js'
import { MovedPeers } from './moved-peers.js'

/** Parts of a process whose ports another process has taken over. */
export interface HandedOverClientsOptions {
  readonly peers: ReadonlySet<Peer>
  readonly groups: ReverseGroups
  /** Time for open channels, in milliseconds. */
  readonly timeoutMs: number
  readonly clock: Clock
  /** Notified when a client connects, disconnects or has no channel any more, and when the server closes. */
  readonly changes: Changes
  /** Whether the server has closed in the meantime, so that nothing waits any longer. */
  isOver(): boolean
  /** Whether other nodes may still send channels to providers of this one. @default false */
  readonly hasNodes?: boolean | undefined
}

/** Clients of a process whose ports another process has taken over. They move there; their open channels end here. */
export class HandedOverClients {
  readonly #options: HandedOverClientsOptions
  readonly #told = new WeakSet<Peer>()
  readonly #moved: MovedPeers
  /** Time at which a client's last channel ended. */
  readonly #idleSince = new WeakMap<Peer, number>()
  /** Groups whose proxy port is closed here, so that no connections come in for their tokens. */
  readonly #stopped = new Set<ReverseGroup>()
  readonly #untilMs: number
  /** Timer for the next client that will have been idle for long enough. */
  #timer: TimerHandle

  constructor(options: HandedOverClientsOptions) {
    this.#options = options
    this.#moved = new MovedPeers(options)
    this.#untilMs = options.clock.now() + options.timeoutMs
  }

  /** Handles the answer of a client. */
  receive(peer: Peer, message: Uint8Array): void {
    if (peekType(message) !== MessageType.Relink) return
    this.#moved.add(peer)
    this.#options.changes.note()
  }

  /** Handles the end of a client's last channel. */
  idle(peer: Peer): void {
    this.#idleSince.set(peer, this.#options.clock.now())
  }

  /** Ends sessions without channels; resolves when none is left, or at the deadline. */
  async finished(): Promise<void> {
    const { peers, isOver, timeoutMs, changes, clock } = this.#options
    const isFinished = (): boolean => {
      this.#look()
      return peers.size === 0 || isOver()
    }
    await changes.until(isFinished, timeoutMs)
    clock.clearTimeout(this.#timer)
  }

  #look(): void {
    const { peers, groups, clock } = this.#options
    const nowMs = clock.now()
    for (const peer of peers) {
      this.#tell(peer)
      if (peer.session.channelCount > 0) this.#idleSince.delete(peer)
      else if (!this.#idleSince.has(peer)) this.#idleSince.set(peer, nowMs)
    }
    for (const group of groups) this.#stopIfLeft(group, nowMs)
    for (const peer of peers) if (this.#mayEnd(peer, nowMs)) peer.session.close(reason)
    this.#lookAgain(nowMs)
  }

  /** Schedules the check of the next client that will have been idle for long enough. */
  #lookAgain(nowMs: number): void {
    const { peers, clock, changes } = this.#options
    clock.clearTimeout(this.#timer)
    let dueMs = Infinity
    for (const peer of peers) {
      const idleDueMs = (this.#idleSince.get(peer) ?? Infinity) + idleLimitMs(peer)
      for (const peerDueMs of [idleDueMs, this.#moved.farUntilMs(peer)])
        if (peerDueMs > nowMs) dueMs = Math.min(dueMs, peerDueMs)
    }
    if (dueMs < this.#untilMs) this.#timer = clock.setTimeout(() => changes.note(), dueMs - nowMs)
  }

  /** Asks a client to relink; also one whose handshake had begun earlier. */
  #tell(peer: Peer): void {
    if (this.#told.has(peer)) return
    this.#told.add(peer)
    if (peer.session.options.window) peer.session.send(encode({ type: MessageType.Relink }))
  }

  /** Closes the port of a group here when all its providers can be reached at the other process. */
  #stopIfLeft(group: ReverseGroup, nowMs: number): void {
    if (this.#stopped.has(group)) return
    const providers = [...this.#options.peers].filter(({ record }) => record === group.record)
    if (!providers.every((peer) => this.#hasLeft(peer, nowMs))) return
    this.#stopped.add(group)
    void group.socks.stopListening(Math.max(0, this.#untilMs - nowMs)).then(() => this.#options.changes.note())
  }

  /** Whether a session may end: no channel is in progress in either direction. */
  #mayEnd(peer: Peer, nowMs: number): boolean {
    if (peer.session.channelCount > 0 || !this.#hasLeft(peer, nowMs)) return false
    const group = peer.record.kind === 'reverse' ? this.#options.groups.of(peer.record) : undefined
    if (group === undefined) return true
    const isAskedFromAfar = this.#options.hasNodes === true && this.#moved.isAskedFromAfar(peer)
    return this.#stopped.has(group) && !group.isAsked && !isAskedFromAfar
  }

  /** Whether a client has left: it said so or, if its program cannot, it has had no channel for a while. */
  #hasLeft(peer: Peer, nowMs: number): boolean {
    if (this.#moved.has(peer)) return true
    const idleMs = nowMs - (this.#idleSince.get(peer) ?? nowMs)
    return idleMs >= idleLimitMs(peer)
  }
}

function idleLimitMs({ session }: Peer): number {
  return session.options.window ? relinkMs : quietMs
}

/** Reason that clients receive when their session ends. */
const reason = 'another process of the service has taken over'

/**
 * Time without a channel after which a peer without Relink is disconnected, in milliseconds: no request is on its way.
 */
const quietMs = 2000

/** The same for peers that may support Relink, whose new link may take longer. */
const relinkMs = 15_000
