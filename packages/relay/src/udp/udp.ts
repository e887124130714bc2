import type { Address } from '@ls/codec'
import type { NameResolver } from '@ls/dial'
import { type Logger, type RareLog, textOf } from '@ls/foundation'
import type { Channel, ChannelHandler } from '@ls/mux'
import type { Pace } from '../copy/paced-channel.js'
import { RelayError } from '../errors.js'
import { failureOf, formatFailure } from '../failure.js'
import { isUdpProbe } from '../probe/probe-target.js'
import type { AccessPolicy } from '../rules/access-policy.js'
import type { Exit, Routes } from '../rules/routes.js'
import { parseTarget } from '../target.js'
import type { ConnectionSpan } from '../trace/spans.js'
import { DirectUdp } from './udp-direct.js'
import type { DatagramSink, UdpExit } from './udp-exit.js'
import { udpFaultOf, UpstreamUdp } from './udp-upstream.js'

/** Limits of UDP flows to targets. */
export interface UdpOptions {
  /** Idle time after which an association without a datagram either way is closed, in milliseconds. @default 300000 */
  readonly idleMs?: number | undefined
  /** Datagrams of one association that may wait for the resolver or a proxy; further ones are dropped. @default 64 */
  readonly maxResolving?: number | undefined
  /** Resolves names. @default the resolver of the outbound */
  readonly resolver?: NameResolver | undefined
}

export interface ServeUdpOptions extends UdpOptions {
  readonly policy: AccessPolicy
  readonly routes: Routes
  readonly connectTimeoutMs?: number | undefined
  readonly proxyResolver: NameResolver
  readonly tenant?: unknown
  readonly logger: Logger
  /** Receives refusals of the guard. */
  readonly rareLog: RareLog
  /** Span of the association. @default none */
  readonly span?: ConnectionSpan | undefined
  /** Rates of its client. @default no limit */
  readonly pace?: Pace | undefined
  /** Called when datagrams are dropped for their rate. @default none */
  readonly onDropped?: ((reason: string) => void) | undefined
  /** Called when the association has ended, or could not start. */
  onClosed(): void
}

/** Line of the log for a refusal of the guard; its reason names the target, the rule, and the flag that opens it. */
export const guardRefusal = 'the guard refused a target'

/** Serves an association. Refuses it immediately if no exit can carry it, or if its only proxy refuses. */
export async function serveUdp(channel: Channel, options: ServeUdpOptions): Promise<void> {
  const faults = options.routes.exits.map(udpFaultOf)
  const [fault] = faults
  // Sending around the configured proxy would reveal the user to the target.
  if (fault !== undefined && faults.every((each) => each !== undefined)) {
    options.onClosed()
    options.span?.end(fault)
    return channel.reject(`forbidden: ${fault}`)
  }
  const association = new OutboundAssociation(channel, options)
  channel.setHandler(options.span?.watch(association, channel) ?? association)
  if (!(await association.ready())) return
  channel.accept()
  channel.resume()
}

/** One association: its datagrams leave through the exits of their targets, each opened when first needed. */
class OutboundAssociation implements ChannelHandler, DatagramSink {
  readonly #channel: Channel
  readonly #options: ServeUdpOptions
  readonly #exits = new Map<Exit, UdpExit>()
  readonly #idleTimer: NodeJS.Timeout
  #closed = false

  constructor(channel: Channel, options: ServeUdpOptions) {
    const { idleMs = defaultIdleMs } = options
    this.#channel = channel
    this.#options = options
    this.#idleTimer = setTimeout(() => this.#channel.disconnect(`timeout: no datagram for ${idleMs} ms`), idleMs)
  }

  /**
   * Resolves with false if it could not start. If there is only one proxy, the user gets success after that proxy
   * accepts.
   */
  async ready(): Promise<boolean> {
    const [only, ...others] = this.#options.routes.exits
    // `fail` has received the exit's failure, and reports it to the peer.
    if (only?.kind === 'upstreams' && others.length === 0)
      await this.#exit(only)
        .ready?.()
        .catch(() => {})
    return !this.#closed
  }

  onDatagram(payload: Uint8Array, address: Address | undefined): void {
    if (address === undefined || address.port === 0) return this.drop('it names no target')
    if (this.#options.pace?.receiving?.takeNow(payload.length) === false) return this.#dropFast()
    this.#idleTimer.refresh()
    const target = parseTarget(address)
    if (target instanceof RelayError) return this.drop(target)
    if (isUdpProbe(target)) return this.receive(payload, target)
    try {
      const exit = this.#options.routes.exitFor(target)
      const fault = udpFaultOf(exit)
      if (fault !== undefined) return this.drop(fault)
      this.#exit(exit).send(payload, target)
    } catch (error) {
      this.drop(error)
    }
  }

  onClose(): void {
    this.#closed = true
    this.#options.onClosed()
    clearTimeout(this.#idleTimer)
    for (const exit of this.#exits.values()) exit.close()
    this.#exits.clear()
  }

  receive(payload: Uint8Array, source: Address): void {
    this.#idleTimer.refresh()
    if (this.#options.pace?.sending?.takeNow(payload.length) === false) return this.#dropFast()
    this.#channel.sendDatagram(payload, { source })
  }

  #dropFast(): void {
    this.#options.onDropped?.(beyondRate)
    this.drop(beyondRate)
  }

  drop(reason: unknown): void {
    this.#channel.droppedDatagrams++
    const text = textOf(reason)
    const { logger, rareLog } = this.#options
    logger.debug({ reason: text }, `datagram dropped: ${text}`)
    if (reason instanceof RelayError && reason.failure.byGuard === true)
      rareLog.warn(guardRefusal, reason.failure.detail)
  }

  fail(error: unknown): void {
    this.#channel.disconnect(formatFailure(failureOf(error, 'UDP')))
  }

  #exit(exit: Exit): UdpExit {
    const known = this.#exits.get(exit)
    if (known !== undefined) return known
    const [upstream] = exit.kind === 'upstreams' ? exit.upstreams : []
    const made =
      upstream === undefined ? new DirectUdp(this, this.#options) : new UpstreamUdp(upstream, this, this.#options)
    this.#exits.set(exit, made)
    return made
  }
}

/** Reason why a datagram is dropped for the rate of its user. */
const beyondRate = 'datagrams beyond the rate of this token are dropped'

/** Long enough for the slowest keep-alive of common protocols, short enough to free a port the same day. */
const defaultIdleMs = 300_000
