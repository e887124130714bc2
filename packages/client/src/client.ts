import { EventEmitter } from 'node:events'
import type { Duplex } from 'node:stream'
import type { Address } from '@ls/codec'
import type { Path } from '@ls/direct'
import type { Snapshot } from '@ls/foundation'
import { ClientError } from '@ls/link'
import type { Session } from '@ls/mux'
import type { LiveView } from '@ls/observe'
import { type Cancellation, type ListenAddress, openStream, type PortChange } from '@ls/relay'
import { ClientParts } from './client-parts.js'
import type { ClientEvents } from './events.js'
import type { ClientOptions } from './options/client-options.js'
import { checkPortNames } from './options/option-names.js'
import { type ResolvedClientOptions, resolveClientOptions } from './options/resolve-options.js'
import type { ClientPorts } from './options/user-options.js'

/**
 * A LinkSocks client: a proxy here and the network at the other end (client, connector), or the network here
 * (provider).
 *
 * @example
 * const client = new LinkSocksClient({ url: 'wss://example.org', token: 'secret', proxy: { port: 9870 } })
 * await client.start()
 */
export class LinkSocksClient extends EventEmitter<ClientEvents> {
  /** Resolves when the client has ended for good: with the reason, or with undefined after {@link close}. */
  readonly closed: Promise<Error | undefined>

  readonly #options: ResolvedClientOptions
  readonly #parts: ClientParts
  #settleClosed: (error: Error | undefined) => void = () => {}
  #settleStart: ((error: Error | undefined) => void) | undefined
  #state: 'idle' | 'running' | 'closing' | 'closed' = 'idle'

  /**
   * Creates a client that is not started yet.
   *
   * @throws TypeError for an option that does not exist, RangeError for one of another role or out of its range
   */
  constructor(options: ClientOptions = {}) {
    super()
    this.#options = resolveClientOptions(options)
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve
    })
    this.#parts = new ClientParts(this.#options, {
      events: this,
      snapshot: () => this.snapshot(),
      onLinked: () => this.#settleStart?.(undefined),
      onEnd: (error) => void this.#end(error),
    })
  }

  /** First TCP port on which the proxy listens; undefined on providers and before it listens. */
  get socksAddress(): { host: string; port: number } | undefined {
    return this.#parts.ports?.address
  }

  /** All addresses on which the proxy listens. */
  get socksAddresses(): readonly ListenAddress[] {
    return this.#parts.ports?.addresses ?? []
  }

  /** Token that the server sent to this provider, or that of the options; undefined before it arrives. */
  get serverToken(): string | undefined {
    return this.#parts.links.serverToken
  }

  /**
   * One session for each link that is up or waits to be resumed, and those whose channels continue at a former process
   * of the server.
   */
  get sessions(): readonly Session[] {
    return this.#parts.links.sessions
  }

  /** Path of new connections; for a provider, whether any connector uses the direct one. */
  get path(): Path {
    return this.#parts.direct.path
  }

  /** All counters of the client, and the use of its limits; walks all open channels. */
  snapshot(): Snapshot {
    return this.#parts.counts.snapshot({
      state: this.#state,
      options: this.#options,
      sessions: this.sessions,
      direct: this.#parts.direct.sessions,
      paths: this.#parts.direct.counts(this.#parts.channelCount),
      outbound: this.#parts.outbound,
      portsMissing: this.#parts.ports?.isOpen === false,
    })
  }

  /**
   * Lists of links and connections, and a stream of events. Read it before {@link start}: nothing is recorded before
   * its first use.
   */
  get live(): LiveView {
    return this.#parts.watched().view
  }

  /**
   * A page of the traffic by destination, since the first use of {@link live}. @throws RangeError for an invalid query
   */
  destinations(query: URLSearchParams): object {
    return this.#parts.watched().destinations(query)
  }

  /** Cuts a connection, by the id that {@link live} shows; false when there is none. */
  closeChannel(id: string): boolean {
    return this.#parts.watched().closeChannel(id)
  }

  /**
   * Reports to readers of the live view that the program has read its configuration again.
   *
   * @param outcome The changes, one line each, or the reason why the new configuration is not in force.
   */
  reloaded(outcome: readonly string[] | Error): void {
    this.#parts.counts.reloads.add(outcome)
    const failed = outcome instanceof Error
    const data = failed ? { success: false, error: outcome.message } : { success: true, changes: outcome }
    this.#parts.live?.view.publish('reload', data)
  }

  /** Number of open channels on all links. */
  get channelCount(): number {
    return this.#parts.channelCount
  }

  /**
   * Dials the server and, once connected, opens the SOCKS port. Resolves when both are done.
   *
   * @throws ClientError when the server refuses the client or, without `reconnect`, cannot be reached; ListenError for
   * the port
   */
  async start({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (this.#state !== 'idle') throw new ClientError('ERR_CLIENT_CLOSED', `the client is ${this.#state} already`)
    this.#state = 'running'
    const onAbort = (): void => void this.close()
    signal?.addEventListener('abort', onAbort, { once: true })
    try {
      signal?.throwIfAborted()
      if (this.#options.proxy?.nowait === true) await this.#openPorts()
      await this.#firstLink()
      await this.#openPorts()
    } catch (error) {
      void this.#end(error as Error)
      throw error
    } finally {
      signal?.removeEventListener('abort', onAbort)
    }
  }

  /** Adds a connector token on the server (provider in autonomy); an empty one lets the server choose. */
  async addConnector(token = ''): Promise<string> {
    const added = await this.#parts.connectors.add(this.#parts.links.anySession(), token)
    this.emit('connectorAdded', added)
    return added
  }

  /**
   * Removes a connector token that {@link addConnector} added and disconnects its users.
   *
   * @throws {ClientError} when the server refuses or no link is up.
   */
  async removeConnector(token: string): Promise<void> {
    const removed = this.#parts.connectors.remove(this.#parts.links.anySession(), token)
    this.#parts.direct.removeToken(token)
    await removed
  }

  /**
   * Connects to a target without a local port; resolves with a stream when the other end has reached the target. Not
   * for providers.
   *
   * @throws RelayError if it was not reached
   */
  async connect(target: Address, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<Duplex> {
    if (this.#options.reverse) throw new TypeError('a provider accepts connections and opens none')
    return openStream(this.#parts.direct.source, target, signal ?? neverAborted)
  }

  /**
   * Prepares other proxy ports, accounts and fixed ports. The new ones open beside the old ones, which `commit` of the
   * result closes; connections and links stay.
   *
   * @throws ListenError for a port that cannot be opened, RangeError or TypeError for an invalid option; then nothing
   * has changed
   */
  async changePorts(ports: ClientPorts): Promise<PortChange> {
    checkPortNames(ports)
    if (this.#parts.ports === undefined) throw new TypeError('this client opens no ports')
    return this.#parts.ports.change(ports)
  }

  /** Makes waiting links dial immediately: the network has changed. */
  retryNow(): void {
    this.#parts.links.retryNow()
  }

  /**
   * Stops accepting, gives open channels `graceMs` to finish, then closes everything. A second call may shorten the
   * wait.
   */
  async close({ graceMs = 0 }: { graceMs?: number | undefined } = {}): Promise<void> {
    if (this.#state === 'closed') return
    this.#state = 'closing'
    await this.#parts.ports?.close({ graceMs })
    await this.#parts.ended.until(() => this.channelCount === 0, graceMs)
    await this.#end(undefined)
  }

  #firstLink(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#settleStart = (error) => (error === undefined ? resolve() : reject(error))
      this.#parts.links.start()
    })
  }

  async #openPorts(): Promise<void> {
    if (this.#state === 'running') await this.#parts.ports?.open()
  }

  async #end(error: Error | undefined): Promise<void> {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    const ended = this.#parts.close(error?.message ?? 'the client is shutting down')
    this.#settleStart?.(error ?? new ClientError('ERR_CLIENT_CLOSED', 'the client was closed'))
    this.#settleClosed(error)
    await ended
  }
}

/** Not an `AbortSignal`: Node warns of a leak when 11 connections wait with the same one. */
const neverAborted: Cancellation = {
  aborted: false,
  reason: undefined,
  throwIfAborted: () => {},
  addEventListener: () => {},
  removeEventListener: () => {},
}
