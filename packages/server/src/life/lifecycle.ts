import { Changes } from '@ls/foundation'
import type { LiveView } from '@ls/observe'
import type { ServerApi } from '../api/server-api.js'
import type { ServerLife } from '../counts/readiness.js'
import { ServerError } from '../errors.js'
import type { Exposures } from '../expose/exposures.js'
import type { LinkAdmission } from '../links/admission.js'
import type { Peer } from '../links/peer.js'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import type { TokenUses } from '../policy/token-uses.js'
import type { ServerPorts } from '../port/server-ports.js'
import type { Relay } from '../relay-mode/relay.js'
import type { ReverseGroups } from '../reverse/reverse-groups.js'
import type { OrphanedTokens } from '../tokens/orphaned-tokens.js'
import { drain, drainReason, openChannels, type DrainRequest } from './drain.js'
import { HandedOverClients } from './handed-over-clients.js'

/** Parts of a server that are closed one after the other. */
export interface LifecycleParts {
  readonly admission: LinkAdmission
  readonly ports: ServerPorts
  readonly groups: ReverseGroups
  readonly exposures: Exposures
  readonly live: LiveView
  readonly api: ServerApi
  readonly orphanedTokens: OrphanedTokens
  readonly uses: TokenUses
  /** Undefined where the server is no relay. */
  readonly relay: Relay | undefined
  readonly server: Pick<ResolvedServerOptions, 'clock' | 'logger' | 'nodes'>
}

/** A {@link DrainRequest} with its defaults. */
type DrainTerms = { readonly [Name in keyof DrainRequest]-?: NonNullable<DrainRequest[Name]> }

/** State of a server in its life cycle, and the steps of its end. */
export class Lifecycle {
  state: ServerLife = 'idle'
  readonly #parts: LifecycleParts
  /** Notified of changes that the end of the server waits for. */
  readonly #changes: Changes
  #hasDrainBegun = false
  #draining: Promise<void> | undefined
  #handedOver: HandedOverClients | undefined
  #closing: Promise<void> | undefined

  constructor(parts: LifecycleParts) {
    this.#parts = parts
    this.#changes = new Changes(parts.server.clock)
  }

  get isClosing(): boolean {
    return this.#closing !== undefined
  }

  /** Whether a drain that accepts no new channels has begun; a later close keeps that state. */
  get isDraining(): boolean {
    return this.#hasDrainBegun
  }

  /** See `LinkSocksServer.drain`. */
  drain(request: DrainTerms): Promise<void> {
    this.#draining ??= this.#beginToLeave(request)
    return this.#draining
  }

  /** Handles a client's message that belongs to no channel. Returns false where this server does not leave. */
  receive(peer: Peer, message: Uint8Array): boolean {
    this.#handedOver?.receive(peer, message)
    return this.#handedOver !== undefined
  }

  /** Handles a client that has connected or disconnected. */
  peersChanged(): void {
    this.#changes.note()
  }

  /** Handles the end of a client's last channel. */
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

  #beginToLeave({ timeoutMs, isHandedOver }: DrainTerms): Promise<void> {
    if (isHandedOver) return this.#handOver(timeoutMs)
    const isElsewhere = this.#parts.server.nodes?.status.nodes.some(
      ({ state, draining }) => state === 'up' && !draining,
    )
    return isElsewhere === true ? this.#moveAway(timeoutMs) : this.#drain(timeoutMs)
  }

  /**
   * Sends clients to other nodes. The link port stays open for links that come back, and refuses all others, so that
   * balancers and clients try another node.
   */
  async #moveAway(timeoutMs: number): Promise<void> {
    this.#beginDrain(timeoutMs)
    const { logger } = this.#parts.server
    logger.info({ timeoutMs }, `${drainReason}: clients are sent to other nodes, open connections may continue here`)
    await this.#letGo(timeoutMs)
    if (!this.isClosing) logger.info({}, 'the server is drained, or its time is over')
  }

  /**
   * Hands over to another process. Sessions here may still open channels until their clients have a session elsewhere.
   */
  async #handOver(timeoutMs: number): Promise<void> {
    this.#beginDrain(timeoutMs)
    const { ports, api } = this.#parts
    ports.links?.stopAccepting()
    await Promise.all([this.#letGo(timeoutMs), api.close()])
  }

  /** Asks clients to link elsewhere; resolves when their last channels here have ended, or at the deadline. */
  async #letGo(timeoutMs: number): Promise<void> {
    const { admission, groups, exposures, ports, server } = this.#parts
    const { peers } = admission
    const changes = this.#changes
    const { clock } = server
    const hasNodes = server.nodes !== undefined
    const isOver = (): boolean => this.isClosing
    const handedOver = new HandedOverClients({ peers, groups, timeoutMs, clock, changes, isOver, hasNodes })
    this.#handedOver = handedOver
    const closing = [exposures.close(timeoutMs), ports.ownProxy?.close(timeoutMs)]
    await Promise.all([handedOver.finished(), ...closing])
  }

  #beginDrain(timeoutMs: number): void {
    if (this.state !== 'listening') throw new ServerError('ERR_SERVER_CLOSED', `the server is ${this.state}`)
    this.state = 'draining'
    this.#parts.live.publish('drain', { grace_ms: timeoutMs })
  }

  async #drain(timeoutMs: number): Promise<void> {
    this.#beginDrain(timeoutMs)
    this.#hasDrainBegun = true
    const { admission, server } = this.#parts
    const { logger } = server
    admission.pause(drainReason)
    const ports = (graceMs: number): Promise<unknown> => this.#closeProxies(graceMs)
    const changes = this.#changes
    await drain({ peers: admission.peers, ports, timeoutMs, changes, isOver: () => this.isClosing, logger })
  }

  async #shutDown(graceMs: number): Promise<void> {
    this.state = 'closing'
    const { admission, ports, live, api, orphanedTokens, uses, relay } = this.#parts
    // Readers of the live view have already received the event of the drain.
    if (this.#draining === undefined) live.publish('drain', { grace_ms: graceMs })
    admission.close()
    ports.links?.stopAccepting()
    await api.answered()
    const portClosed = ports.links?.close()
    const idle = this.#changes.until(() => openChannels(admission.peers) === 0, graceMs)
    await Promise.all([this.#closeProxies(graceMs), idle])
    live.close()
    await api.close()
    for (const { session } of admission.peers) session.close('the server is shutting down')
    await ports.closeAll()
    await portClosed
    orphanedTokens.close()
    await relay?.close()
    await uses.close()
    this.state = 'closed'
  }

  /** Closes the proxy ports immediately; resolves when their connections have ended, or are cut. */
  async #closeProxies(graceMs: number): Promise<void> {
    const { groups, exposures, ports } = this.#parts
    await Promise.all([groups.close(graceMs), exposures.close(graceMs), ports.ownProxy?.close(graceMs)])
  }
}
