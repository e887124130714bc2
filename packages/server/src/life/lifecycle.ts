import { Changes } from '@ls/foundation'
import type { LiveView } from '@ls/observe'
import type { ServerApi } from '../api/server-api.js'
import type { ServerLife } from '../counts/readiness.js'
import { ServerError } from '../errors.js'
import type { Exposures } from '../expose/exposures.js'
import type { Admission } from '../links/admission.js'
import type { Peer } from '../links/peer.js'
import type { ResolvedServerOptions } from '../options.js'
import type { TokenUses } from '../policy/token-uses.js'
import type { ServerPorts } from '../port/server-ports.js'
import type { Relay } from '../relay-mode/relay.js'
import type { ReverseGroups } from '../reverse/reverse-groups.js'
import type { OrphanedTokens } from '../tokens/orphaned-tokens.js'
import { drain, drainReason, openChannels } from './drain.js'
import { HandedOver } from './hand-over.js'

/** The parts of a server that end one after the other. */
export interface LifecycleParts {
  readonly admission: Admission
  readonly ports: ServerPorts
  readonly groups: ReverseGroups
  readonly exposures: Exposures
  readonly live: LiveView
  readonly api: ServerApi
  readonly orphanedTokens: OrphanedTokens
  readonly uses: TokenUses
  /** Undefined where the server is none. */
  readonly relay: Relay | undefined
  readonly server: Pick<ResolvedServerOptions, 'clock' | 'logger'>
}

/** Where a server is in its life, and how it ends. */
export class Lifecycle {
  state: ServerLife = 'idle'
  readonly #parts: LifecycleParts
  /** Of what the end of the server waits for. */
  readonly #changes: Changes
  #hasDrainBegun = false
  #draining: Promise<void> | undefined
  #handedOver: HandedOver | undefined
  #closing: Promise<void> | undefined

  constructor(parts: LifecycleParts) {
    this.#parts = parts
    this.#changes = new Changes(parts.server.clock)
  }

  get isClosing(): boolean {
    return this.#closing !== undefined
  }

  /** A drain has begun that takes no new channels; a close that follows does not end that. */
  get isDraining(): boolean {
    return this.#hasDrainBegun
  }

  /** See `LinkSocksServer.drain`. */
  drain(deadlineMs: number, isHandedOver: boolean): Promise<void> {
    this.#draining ??= isHandedOver ? this.#handOver(deadlineMs) : this.#drain(deadlineMs)
    return this.#draining
  }

  /** A client has sent a message that belongs to no channel. */
  receive(peer: Peer, message: Uint8Array): void {
    this.#handedOver?.receive(peer, message)
  }

  /** A client has come or gone. */
  peersChanged(): void {
    this.#changes.note()
  }

  /** A client has no channel any more. */
  idle(peer: Peer): void {
    this.#handedOver?.idle(peer)
    this.#changes.note()
  }

  /** See `LinkSocksServer.close`. */
  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#shutDown(graceMs)
    this.#changes.note()
    return this.#closing
  }

  /** Channels of sessions that are here may still begin, until their clients have a session elsewhere. */
  async #handOver(deadlineMs: number): Promise<void> {
    this.#beginDrain(deadlineMs)
    const { admission, groups, exposures, ports, api, server } = this.#parts
    ports.links?.stopAccepting()
    const { peers } = admission
    const changes = this.#changes
    const { clock } = server
    const handedOver = new HandedOver({ peers, groups, deadlineMs, clock, changes, isOver: () => this.isClosing })
    this.#handedOver = handedOver
    const closing = [exposures.close(deadlineMs), ports.ownProxy?.close(deadlineMs), api.close()]
    await Promise.all([handedOver.finished(), ...closing])
  }

  #beginDrain(deadlineMs: number): void {
    if (this.state !== 'listening') throw new ServerError('ERR_SERVER_CLOSED', `the server is ${this.state}`)
    this.state = 'draining'
    this.#parts.live.publish('drain', { grace_ms: deadlineMs })
  }

  async #drain(deadlineMs: number): Promise<void> {
    this.#beginDrain(deadlineMs)
    this.#hasDrainBegun = true
    const { admission, server } = this.#parts
    const { logger } = server
    admission.pause(drainReason)
    const ports = (graceMs: number): Promise<unknown> => this.#closeProxies(graceMs)
    const changes = this.#changes
    await drain({ peers: admission.peers, ports, deadlineMs, changes, isOver: () => this.isClosing, logger })
  }

  async #shutDown(graceMs: number): Promise<void> {
    this.state = 'closing'
    const { admission, ports, live, api, orphanedTokens, uses, relay } = this.#parts
    // Those who watch know of a drain already.
    if (this.#draining === undefined) live.publish('drain', { grace_ms: graceMs })
    admission.close()
    const portClosed = ports.links?.close()
    const idle = this.#changes.until(() => openChannels(admission.peers) === 0, graceMs)
    await Promise.all([this.#closeProxies(graceMs), idle])
    live.close()
    await api.close()
    for (const { session } of admission.peers) session.close('the server is shutting down')
    await ports.closeAll()
    await portClosed
    orphanedTokens.close()
    relay?.close()
    await uses.close()
    this.state = 'closed'
  }

  /** They stop at once; resolves when their connections are over, or cut. */
  async #closeProxies(graceMs: number): Promise<void> {
    const { groups, exposures, ports } = this.#parts
    await Promise.all([groups.close(graceMs), exposures.close(graceMs), ports.ownProxy?.close(graceMs)])
  }
}
