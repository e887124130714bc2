import { encode, MessageType, peekType } from '@ls/codec'
import type { Peer } from '../links/peer.js'
import type { ReverseGroup } from '../reverse/reverse-group.js'
import type { ReverseGroups } from '../reverse/reverse-groups.js'

/** What a process has whose ports another one has taken over. */
export interface HandedOverOptions {
  readonly peers: ReadonlySet<Peer>
  readonly groups: ReverseGroups
  /** Time for open channels, in milliseconds. */
  readonly deadlineMs: number
  /** The server closes meanwhile, so nothing is to be waited for. */
  isOver(): boolean
}

/** The clients of a process whose ports another one has taken over: they move there, and their channels end here. */
export class HandedOver {
  readonly #options: HandedOverOptions
  readonly #told = new WeakSet<Peer>()
  /** They have a session at the other process. */
  readonly #moved = new WeakSet<Peer>()
  /** Since when a client has no channel, on the clock of `performance.now`. */
  readonly #idleSince = new WeakMap<Peer, number>()
  /** No connections come in here for their tokens any more. */
  readonly #stopped = new Set<ReverseGroup>()
  readonly #untilMs: number

  constructor(options: HandedOverOptions) {
    this.#options = options
    this.#untilMs = performance.now() + options.deadlineMs
  }

  /** A client answers. */
  receive(peer: Peer, message: Uint8Array): void {
    if (peekType(message) === MessageType.Relink) this.#moved.add(peer)
  }

  /** Ends sessions without channels; resolves when none is left, or at the deadline. */
  async finished(): Promise<void> {
    const { peers, isOver } = this.#options
    for (;;) {
      this.#look()
      const leftMs = this.#untilMs - performance.now()
      if (peers.size === 0 || leftMs <= 0 || isOver()) return
      await new Promise((resolve) => setTimeout(resolve, Math.min(pollMs, leftMs)))
    }
  }

  #look(): void {
    const { peers, groups } = this.#options
    const nowMs = performance.now()
    for (const peer of peers) {
      this.#tell(peer)
      if (peer.session.channelCount > 0) this.#idleSince.delete(peer)
      else if (!this.#idleSince.has(peer)) this.#idleSince.set(peer, nowMs)
    }
    for (const group of groups) this.#stopIfLeft(group, nowMs)
    for (const peer of peers) if (this.#mayEnd(peer, nowMs)) peer.session.close(reason)
  }

  /** Also those whose handshake had begun before. */
  #tell(peer: Peer): void {
    if (this.#told.has(peer)) return
    this.#told.add(peer)
    if (peer.session.options.window) peer.session.send(encode({ type: MessageType.Relink }))
  }

  /** Its port is closed here once all of its providers can be reached at the other process. */
  #stopIfLeft(group: ReverseGroup, nowMs: number): void {
    if (this.#stopped.has(group)) return
    const providers = [...this.#options.peers].filter(({ record }) => record === group.record)
    if (!providers.every((peer) => this.#hasLeft(peer, nowMs))) return
    this.#stopped.add(group)
    void group.socks.stopListening(Math.max(0, this.#untilMs - nowMs))
  }

  /** No channel is under way in either direction. */
  #mayEnd(peer: Peer, nowMs: number): boolean {
    if (peer.session.channelCount > 0 || !this.#hasLeft(peer, nowMs)) return false
    const group = peer.record.kind === 'reverse' ? this.#options.groups.of(peer.record) : undefined
    return group === undefined || (this.#stopped.has(group) && !group.isAsked)
  }

  /** It has said so; of peers that cannot, a while without a channel is all that can be known. */
  #hasLeft(peer: Peer, nowMs: number): boolean {
    if (this.#moved.has(peer)) return true
    const idleMs = nowMs - (this.#idleSince.get(peer) ?? nowMs)
    return idleMs >= (peer.session.options.window ? relinkMs : quietMs)
  }
}

/** What clients are told whose session ends. */
const reason = 'another process of the server has taken over'

/** How often clients are looked at. */
const pollMs = 100

/** Time without a channel after which a peer that knows no Relink is sent away, in milliseconds: no request is on the way to it. */
const quietMs = 2000

/** The same for peers that may know it, whose new link may take its time. */
const relinkMs = 15_000
