import type { Clock, TimerHandle } from '@ls/foundation'
import type { NodeAddress } from '../trunk/dial-node.js'
import { nodeVersion } from '../trunk/node-hello.js'

/** What a node says of itself, again and again. */
export interface NodeInfo {
  /** Of what nodes say to each other; one of another version is not counted. */
  readonly version: number
  /** 8 hex digits. */
  readonly id: string
  /** Where other nodes connect. */
  readonly address: NodeAddress
  /** Grows with each message: an old one that arrives late is no sign of life. */
  readonly beat: number
  /** Links of clients. */
  readonly links: number
  /** Takes no new channels. */
  readonly draining?: boolean | undefined
}

/** `up`: heard of lately · `silent`: not heard of, gets no new channels · `gone`: its channels have ended */
export type MemberState = 'up' | 'silent' | 'gone'

interface Member {
  info: NodeInfo
  heardAtMs: number
  state: MemberState
}

export interface MembersOptions {
  readonly clock: Clock
  readonly ownId: string
  /** A node has another state. */
  onChange(id: string, state: MemberState): void
}

/** Between two signs of life of a node, in milliseconds. */
export const beatMs = 1000

/** A node that is not heard of gets no new channels after this, in milliseconds: three signs of life are missing. */
const silentMs = 3500

/**
 * Its channels end after this, in milliseconds: a process that was stopped for half a minute goes on without a loss.
 */
const goneMs = 45_000

/** Most nodes of a cluster; beyond it new ones are not seen. */
const maxMembers = 256

/** The other nodes, by what the store tells of them and by what trunks find out. Clocks of nodes are not compared. */
export class Members {
  readonly #options: MembersOptions
  readonly #members = new Map<string, Member>()
  #timer: TimerHandle
  #isFrozen = true

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

  /** Whether it may get new channels. */
  takesChannels(id: string): boolean {
    return this.isUp(id) && this.#members.get(id)?.info.draining !== true
  }

  /** Where it takes connections; undefined for one that is gone or was never there. */
  addressOf(id: string): NodeAddress | undefined {
    const member = this.#members.get(id)
    return member === undefined || member.state === 'gone' ? undefined : member.info.address
  }

  heard(info: NodeInfo): void {
    const { clock, ownId, onChange } = this.#options
    if (info.id === ownId || info.version !== nodeVersion) return
    const known = this.#members.get(info.id)
    if (known !== undefined && info.beat <= known.info.beat) return
    if (known === undefined && this.#members.size >= maxMembers) return
    const wasDraining = known?.info.draining
    const hasChanged = known?.state !== 'up' || wasDraining !== info.draining
    this.#members.set(info.id, { info, heardAtMs: clock.now(), state: 'up' })
    if (hasChanged) onChange(info.id, 'up')
  }

  /** It has said goodbye, or its address refuses connections. */
  gone(id: string): void {
    this.#set(id, 'gone')
  }

  /** While the store is away, nobody is silent. */
  freeze(): void {
    this.#isFrozen = true
  }

  /** The store is back: all get their time again. */
  thaw(): void {
    this.#isFrozen = false
    const now = this.#options.clock.now()
    for (const member of this.#members.values()) member.heardAtMs = now
  }

  close(): void {
    this.#options.clock.clearTimeout(this.#timer)
  }

  #check(): void {
    const { clock } = this.#options
    this.#timer = clock.setTimeout(() => this.#check(), beatMs / 2)
    if (this.#isFrozen) return
    for (const [id, { heardAtMs, state }] of this.#members) {
      const silence = clock.now() - heardAtMs
      if (state === 'up' && silence > silentMs) this.#set(id, 'silent')
      if (silence > goneMs) {
        this.#set(id, 'gone')
        this.#members.delete(id)
      }
    }
  }

  #set(id: string, state: MemberState): void {
    const member = this.#members.get(id)
    if (member === undefined || member.state === state) return
    member.state = state
    this.#options.onChange(id, state)
  }
}
