import type { TimerHandle } from '@ls/foundation'
import { Inbound, type InboundOptions, type ListenAddress, type PortChange, portRetryMs } from '@ls/relay'
import { byteStreamPorts } from '@ls/transport'
import { believedProxies, type ResolvedServerOptions } from '../options/resolve-options.js'
import type { TokenUse } from '../policy/token-use.js'
import type { ReverseToken } from '../tokens/token-registry.js'
import { placesOf, type ReversePlace } from './reverse-place.js'

export interface ReversePortOptions {
  readonly record: ReverseToken
  readonly server: ResolvedServerOptions
  /** Source of channels for its connections, and their slots. */
  readonly inbound: Pick<InboundOptions, 'slots' | 'pick' | 'pickOther' | 'unlinkedLimitMs'>
  /** Whether to try again to open a port that could not be opened. */
  isNeeded(): boolean
  /** Called when the SOCKS port is open. */
  onListening(address: ListenAddress): void
  /** Called when the SOCKS port could not be opened. */
  onError(error: unknown): void
}

/** SOCKS port of a reverse token, if it has one: opens it, and tries again while it is taken. */
export class ReversePort {
  readonly #options: ReversePortOptions
  readonly #inbound: Inbound | undefined
  #listening: Promise<void> | undefined
  #failures = 0
  #retryTimer: TimerHandle
  #closed = false

  constructor(options: ReversePortOptions) {
    this.#options = options
    const { record, server, inbound } = options
    const { listenOn = [] } = record
    if (record.port < 0 && listenOn.length === 0) return
    const { tls, allowOrigins, maxTokenChannels, pending, logger } = server
    this.#inbound = new Inbound({
      ...server,
      ...placesOf(record),
      ...inbound,
      udp: server.socksUdp,
      listenWebSocket: byteStreamPorts({ tls, allowOrigins, ...believedProxies(server) }),
      maxConnections: maxTokenChannels + pending.maxPending,
      tenant: record,
      logger,
    })
  }

  /** Sets the policy of the token, for connections that begin from now on. */
  setPolicy(use: TokenUse | undefined): void {
    this.#inbound?.setRules({ targetRules: use?.policy.targets, pace: use?.portPace })
  }

  /** SOCKS port of this token, or its planned one; −1 for none. */
  get number(): number {
    return this.#inbound?.address?.port ?? this.#options.record.port
  }

  /** Opens the SOCKS port now; if that fails, tries again until it succeeds or the port is no longer needed. */
  keepOpen(): void {
    this.#options.server.clock.clearTimeout(this.#retryTimer)
    this.listen().then(
      () => (this.#failures = 0),
      (error: unknown) => this.#retryLater(error),
    )
  }

  /** Opens the SOCKS port, with one attempt. @throws ListenError; the next call tries again */
  async listen(): Promise<void> {
    const inbound = this.#inbound
    if (inbound === undefined || this.#closed) return
    const listening = (this.#listening ??= this.#open(inbound))
    try {
      await listening
    } catch (error) {
      if (this.#listening === listening) this.#listening = undefined
      throw error
    }
  }

  /** Prepares another port and other users, see `Inbound.change` of `@ls/relay`. @throws TypeError in autonomy */
  async change(place: ReversePlace): Promise<PortChange> {
    if (this.#inbound === undefined) throw new TypeError('this token has no port')
    const change = await this.#inbound.change(placesOf(place))
    return {
      ...change,
      commit: () => {
        Object.assign(this.#options.record, place)
        change.commit()
        for (const address of change.opened) this.#options.onListening(address)
        // The next attempt may be half a minute away, and the new port is probably free.
        if (this.isBlocked && this.#options.isNeeded()) this.keepOpen()
      },
    }
  }

  /** TCP ports on which SOCKS listens for this token now. */
  get ports(): readonly number[] {
    return this.#inbound?.ports ?? []
  }

  /** Whether the SOCKS port could not be opened, and is tried again. */
  get isBlocked(): boolean {
    return this.#failures > 0
  }

  /** Number of open connections. */
  get connectionCount(): number {
    return this.#inbound?.connectionCount ?? 0
  }

  /** Stops listening because another process has the port; open connections get `graceMs` to finish. */
  async stopListening(graceMs: number): Promise<void> {
    this.#closed = true
    this.#options.server.clock.clearTimeout(this.#retryTimer)
    await this.#inbound?.close({ graceMs })
  }

  /** Closes the port; resolves when it is free. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true
    this.#options.server.clock.clearTimeout(this.#retryTimer)
    // Otherwise a port that is being opened would stay open.
    await this.#listening?.catch(() => {})
    await this.#inbound?.close({ graceMs })
  }

  async #open(inbound: Inbound): Promise<void> {
    for (const address of await inbound.listen()) this.#options.onListening(address)
  }

  /** Schedules another attempt. The failure is reported once, since it may last for hours. */
  #retryLater(error: unknown): void {
    if (this.#closed) return
    const { server, onError } = this.#options
    if (this.#failures++ === 0) onError(error)
    const delayMs = portRetryMs(this.#failures)
    server.logger.debug({ retryInMs: delayMs }, 'the proxy port is tried again')
    server.clock.clearTimeout(this.#retryTimer)
    this.#retryTimer = server.clock.setTimeout(() => {
      if (this.#options.isNeeded()) this.keepOpen()
    }, delayMs)
  }
}
