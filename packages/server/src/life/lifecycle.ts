import type { Logger } from '@ls/foundation'
import type { LiveView } from '@ls/observe'
import type { ServerApi } from '../api/server-api.js'
import type { ServerLife } from '../counts/readiness.js'
import { ServerError } from '../errors.js'
import type { Exposures } from '../expose/exposures.js'
import type { Admission } from '../links/admission.js'
import { peersIdle } from '../links/peers-idle.js'
import type { ServerPorts } from '../port/server-ports.js'
import type { TokenUses } from '../policy/token-uses.js'
import type { Relay } from '../relay-mode/relay.js'
import type { ReverseGroups } from '../reverse/reverse-groups.js'
import type { OrphanedTokens } from '../tokens/orphaned-tokens.js'
import { drain, drainReason } from './drain.js'

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
  readonly logger: Logger
}

/** Where a server is in its life, and how it ends. */
export class Lifecycle {
  state: ServerLife = 'idle'
  readonly #parts: LifecycleParts
  #hasDrainBegun = false
  #draining: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(parts: LifecycleParts) {
    this.#parts = parts
  }

  get isClosing(): boolean {
    return this.#closing !== undefined
  }

  /** A drain has begun; a close that follows does not end that. */
  get isDraining(): boolean {
    return this.#hasDrainBegun
  }

  /** See `LinkSocksServer.drain`. */
  drain(deadlineMs: number): Promise<void> {
    this.#draining ??= this.#drain(deadlineMs)
    return this.#draining
  }

  /** See `LinkSocksServer.close`. */
  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#shutDown(graceMs)
    return this.#closing
  }

  async #drain(deadlineMs: number): Promise<void> {
    if (this.state !== 'listening') throw new ServerError('ERR_SERVER_CLOSED', `the server is ${this.state}`)
    this.state = 'draining'
    this.#hasDrainBegun = true
    const { admission, live, logger } = this.#parts
    live.publish('drain', { grace_ms: deadlineMs })
    admission.pause(drainReason)
    const ports = (graceMs: number): Promise<unknown> => this.#closeProxies(graceMs)
    await drain({ peers: admission.peers, ports, deadlineMs, isOver: () => this.isClosing, logger })
  }

  async #shutDown(graceMs: number): Promise<void> {
    this.state = 'closing'
    const { admission, ports, live, api, orphanedTokens, uses, relay } = this.#parts
    // Those who watch know of a drain already.
    if (!this.#hasDrainBegun) live.publish('drain', { grace_ms: graceMs })
    admission.close()
    const portClosed = ports.links?.close()
    await Promise.all([this.#closeProxies(graceMs), peersIdle(admission.peers, graceMs)])
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
