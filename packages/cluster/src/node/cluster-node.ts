import { type Clock, type Logger, loggerOfPart, RareLog, systemClock } from '@ls/foundation'
import {
  type ClusterStatus,
  type LinkSocksServer,
  type LocalNode,
  makeOwnerId,
  type OtherNodes,
  ownerIdOf,
  type SessionOwner,
  type SessionOwners,
  type StoredToken,
} from '@ls/server'
import { claimPrefix, SharedClaims } from '../shared/shared-claims.js'
import { loadPrefix, SharedLoad } from '../shared/shared-load.js'
import { namePrefix, SharedNames } from '../shared/shared-names.js'
import { SharedTickets, ticketPrefix } from '../shared/shared-tickets.js'
import { SharedTokens } from '../shared/shared-tokens.js'
import { SharedUse, usePrefix } from '../shared/shared-use.js'
import type { StoreEntry, StoreWatcher, Table } from '../store/cluster-store.js'
import { guardedWatcher } from '../store/guarded-watcher.js'
import type { NodeAddress } from '../trunk/dial-node.js'
import { nodeVersion } from '../trunk/node-hello.js'
import { NodeSecret } from '../trunk/node-secret.js'
import { farOwner } from './far-owner.js'
import { addressInFolder } from './folder-nodes.js'
import { Heartbeat } from './heartbeat.js'
import { closeParts, type JoinedParts, openParts } from './joined-parts.js'
import { nodeKey, readFarPeers, readLoad, readNodeInfo, readUse } from './live-entry.js'
import { Members, type MemberState, type NodeInfo, statusOf } from './members.js'
import type { ClusterNodeOptions } from './node-options.js'
import { defaultStoreTimeoutMs, openStore } from './open-store.js'
import { OwnPresence } from './own-presence.js'
import { Presence } from './presence.js'
import { Probes } from './probes.js'

/**
 * One node of a cluster: shares tokens, reports the location of peers, and carries channels to providers of other
 * nodes. Give it to the server as `nodes` and `sessionOwners`, and call {@link join} before the server listens.
 *
 * @example
 * const node = new ClusterNode({ store: new NatsStore({ servers: ['nats://10.0.0.9'] }), secret })
 * const server = new LinkSocksServer({ nodes: node, sessionOwners: node })
 * await node.join(server)
 * await server.listen()
 */
export class ClusterNode implements OtherNodes, SessionOwners, StoreWatcher {
  readonly ownId = makeOwnerId()
  readonly claims: SharedClaims
  readonly names: SharedNames
  readonly tickets: SharedTickets
  readonly keepsTokens: boolean
  readonly #options: ClusterNodeOptions
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #secret: NodeSecret | undefined
  readonly #members: Members
  readonly #probes: Probes
  readonly #presence = new Presence()
  readonly #tokens: SharedTokens
  readonly #own: OwnPresence
  readonly #use: SharedUse
  readonly #load: SharedLoad
  #joined: JoinedParts | undefined
  #isConnected = false
  #onSynced = (): void => {}
  #isLeavingWithAll = false
  #waitsFor: string | undefined
  readonly #beat: Heartbeat

  /** @throws RangeError for a secret that is too short */
  constructor(options: ClusterNodeOptions) {
    const { clock = systemClock, store } = options
    const logger = loggerOfPart(options.logger, 'cluster')
    this.#options = options
    this.keepsTokens = options.keepsTokens === true
    this.#clock = clock
    this.#logger = logger
    this.#secret = options.folder === undefined ? new NodeSecret(options.secret ?? '') : undefined
    const isAnswering = (id: string): Promise<boolean> => this.#probes.isAnswering(id)
    const onChange = (id: string, state: MemberState): void => this.#memberChanged(id, state)
    const onForgotten = (id: string): void => [this.#presence, this.#load].forEach((each) => each.forget(id))
    this.#members = new Members({ clock, ownId: this.ownId, isAnswering, onChange, onForgotten })
    this.#probes = new Probes({ clock, ownId: this.ownId, secret: this.#secret, members: this.#members })
    const localNode = (): LocalNode | undefined => this.#joined?.localNode
    this.#tokens = new SharedTokens({ store, logger, localNode })
    this.claims = new SharedClaims({ store, clock })
    this.tickets = new SharedTickets(store)
    this.names = new SharedNames({ store, clock, ownId: this.ownId, localNode, isUp: (id) => this.#members.isUp(id) })
    const own = { store, logger, ownId: this.ownId, localNode }
    this.#use = new SharedUse(own)
    this.#load = new SharedLoad({ ...own, isThere: (id) => this.#members.addressOf(id) !== undefined })
    this.#beat = new Heartbeat({ clock, onBeat: (beat) => this.#sendBeat(beat), onStale: () => this.#publishAll() })
    // A token that is reported to others may be new here.
    this.#own = new OwnPresence({ ...own, rareLog: new RareLog(clock, logger), onTold: (key) => this.#spread(key) })
  }

  /** Current state of the cluster as this node sees it. */
  get status(): ClusterStatus {
    const joined = this.#joined
    const own = joined === undefined ? [] : [statusOf(this.#info(joined), 'self')]
    const others = Array.from(this.#members, ({ state, ...info }) => statusOf(info, state))
    return {
      nodes: [...own, ...(this.#isLeavingWithAll ? others.map((node) => ({ ...node, draining: true })) : others)],
      isConnected: this.#isConnected,
      waitsFor: this.#waitsFor,
      sharedTokens: this.#tokens.size,
      farTokens: this.#presence.size,
      trunks: this.#joined?.trunks.size ?? 0,
      incomingTrunks: this.#joined?.incoming.size ?? 0,
    }
  }

  /** Notes that all nodes drain now, so that none of them sends its clients to another. */
  leaveWithAll(): void {
    this.#isLeavingWithAll = true
  }

  /**
   * Joins the cluster; resolves when the server has the tokens of the other nodes. Call it before the server listens:
   * clients with such a token would be refused.
   *
   * @param signal Ends the wait for the store
   * @throws ClusterError when the store cannot be reached within `storeTimeoutMs`, or refuses this node; TransportError
   * for a port that cannot be opened
   */
  async join(server: LinkSocksServer, { signal }: { readonly signal?: AbortSignal | undefined } = {}): Promise<void> {
    const { store, storeTimeoutMs: timeoutMs = defaultStoreTimeoutMs } = this.#options
    const [members, clock, logger] = [this.#members, this.#clock, this.#logger]
    this.#joined = await openParts({
      server,
      options: this.#options,
      listen: this.#listen,
      secret: this.#secret,
      ownId: this.ownId,
      logger,
      clock,
      members,
      presence: this.#presence,
      probes: this.#probes,
      joined: () => this.#joined,
    })
    const synced = new Promise<void>((resolve) => (this.#onSynced = resolve))
    const onWait = (reason: string | undefined): void => void (this.#waitsFor = reason)
    const watcher = guardedWatcher(this, logger)
    await openStore({ store, watcher, timeoutMs, clock, logger, signal, onWait })
    await synced
    await members.asked()
    this.#beat.start()
  }

  /** Leaves the cluster; the other nodes are notified immediately. */
  async close(): Promise<void> {
    this.#beat.stop()
    this.#own.close()
    this.#members.close()
    this.#probes.close()
    const { store } = this.#options
    await store.delete('live', nodeKey(this.ownId)).catch(() => {})
    if (this.#joined !== undefined) await closeParts(this.#joined)
    await store.close()
  }

  wanted(reverseKey: string, owner: string | undefined): void {
    this.#joined?.trunks.open({ reverseKey, owner })
  }

  peersChanged(reverseKey: string): void {
    this.#own.changed(reverseKey)
  }

  share(token: StoredToken): Promise<void> {
    return this.#tokens.share(token)
  }

  isShared(key: string): boolean {
    return this.#tokens.has(key)
  }

  tokensRemoved(keys: readonly string[]): void {
    this.#tokens.removed(keys)
  }

  findOwner(sessionId: string): SessionOwner | undefined {
    const { folder } = this.#options
    const at = { ownId: this.ownId, folder, secret: this.#secret, members: this.#members, probes: this.#probes }
    return farOwner(ownerIdOf(sessionId), at)
  }

  /** @internal */
  entry(table: Table, key: string, entry: StoreEntry | undefined): void {
    if (table === 'tokens') return this.#tokens.entry(key, entry)
    const [what = '', id = '', tokenKey = ''] = key.split('.')
    if (what === 'node') this.#nodeEntry(id, entry)
    else if (id === this.ownId) this.#own.told(what, tokenKey, entry?.value)
    else if (what === claimPrefix) this.claims.entry(id, entry)
    else if (what === ticketPrefix) this.#joined?.localNode.setTicket(id, entry?.value)
    else if (what === namePrefix) this.names.entry(id, entry)
    else if (what === usePrefix) this.#use.entry(id, tokenKey, this.#read(key, entry, readUse))
    else if (what === loadPrefix) this.#load.entry(id, tokenKey, this.#read(key, entry, readLoad))
    else if (what === 'peers') {
      this.#presence.set(tokenKey, id, this.#read(key, entry, readFarPeers))
      this.#spread(tokenKey)
    }
  }

  /** Parses an entry. Other programs may write to the store as well. */
  #read<T>(key: string, entry: StoreEntry | undefined, read: (text: string) => T | undefined): T | undefined {
    const value = entry && read(entry.value)
    if (entry !== undefined && value === undefined)
      this.#logger.warn({ key }, 'an entry of the store of the cluster cannot be read')
    return value
  }

  /** @internal */
  synced(): void {
    this.#isConnected = true
    this.#members.thaw()
    this.#tokens.synced()
    this.#onSynced()
    this.#publishAll()
  }

  /** @internal */
  lost(): void {
    this.#isConnected = false
    this.#members.freeze()
    this.#tokens.lost()
    this.#logger.warn({}, 'the store of the cluster cannot be reached; this node continues with the last known state')
  }

  #nodeEntry(id: string, entry: StoreEntry | undefined): void {
    if (entry === undefined) return this.#members.gone(id)
    const info = this.#read(nodeKey(id), entry, readNodeInfo)
    if (info !== undefined) this.#members.heard(info)
  }

  #memberChanged(id: string, state: MemberState): void {
    this.#logger.info({ node: id, state }, 'a node of the cluster has another state')
    if (state === 'gone') {
      this.#use.gone(id)
      const reason = `no-provider: the node ${id} is gone`
      this.#joined?.trunks.endOf(id, reason)
      this.#joined?.incoming.endOf(id, reason)
    }
    for (const reverseKey of this.#presence.tokens) this.#spread(reverseKey)
    this.names.membersChanged()
    this.#load.memberChanged(id)
  }

  /** Updates the server's list of a token's peers at other nodes. */
  #spread(reverseKey: string): void {
    const peers = this.#presence.merged(reverseKey, (id) => this.#members.isUp(id))
    this.#joined?.localNode.setFarPeers(reverseKey, peers)
    this.#joined?.trunks.update(reverseKey)
  }

  #publishAll(): void {
    this.#beat.refreshed()
    this.#own.publishAll()
    this.#use.publishAll()
    this.#load.publishAll()
  }

  #sendBeat(beat: number): void {
    if (this.#joined === undefined) return
    this.#use.publish()
    this.#load.publish()
    if (this.#isConnected) {
      this.#own.publishFailed()
      this.#tokens.retryFailed()
    }
    const info = { ...this.#info(this.#joined), beat }
    this.#own.tellLife(info, this.#isConnected)
  }

  #info({ localNode, listener }: JoinedParts): NodeInfo {
    const { address } = this.#options
    const host = address?.host ?? this.#listen.host
    const port = address?.port ?? listener.port
    return { version: nodeVersion, id: this.ownId, address: { host, port }, beat: this.#beat.count, ...localNode.load }
  }

  get #listen(): NodeAddress {
    const { folder, listen = { host: '127.0.0.1', port: 0 } } = this.#options
    return folder === undefined ? listen : addressInFolder(folder, this.ownId)
  }
}
