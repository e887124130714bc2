import { EventEmitter } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { listenOnLoopback, type TestServer } from '../servers/tcp-server.js'
import { FaultyLink, type LinkConditions } from './faulty-link.js'

/**
 * How a path breaks: `reset` and `end` close it both ways · `mid-frame` lets half of the next chunk through and ends ·
 * `blackhole` silently drops all bytes · `roam` does the same, and the next link comes from another
 * address, as after a change of networks.
 */
export type LinkFault = (typeof linkFaults)[number]

export const linkFaults = ['reset', 'end', 'mid-frame', 'blackhole', 'roam'] as const

interface FaultRelayEvents {
  /** A client has connected; the connection to the target is being opened. */
  link: []
}

/**
 * A TCP relay on a loopback port whose links break on demand; made by {@link faultRelay}.
 *
 * @example
 * ```ts
 * const relay = await faultRelay(server)
 * const socket = connect(relay.port)
 * relay.strike('blackhole')
 * ```
 */
export class FaultRelay extends EventEmitter<FaultRelayEvents> {
  readonly host = '127.0.0.1'
  /** Applies to bytes that arrive from now on. */
  conditions: LinkConditions = {}
  /** While true, new connections are reset immediately. */
  refusing = false
  readonly #target: { readonly host: string; readonly port: number }
  readonly #links = new Set<FaultyLink>()
  #server: TestServer | undefined
  #address = 1

  constructor(target: { readonly host: string; readonly port: number }) {
    super()
    this.#target = target
  }

  get port(): number {
    return this.#server?.port ?? 0
  }

  /** Links that carry bytes. */
  get healthyLinks(): number {
    return this.#healthy().length
  }

  /** Links that are still open at one end at least. */
  get openLinks(): number {
    return this.#links.size
  }

  async open(): Promise<void> {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#accept(socket))
    this.#server = await listenOnLoopback(server, new Set())
  }

  /** Breaks every healthy link, or the oldest one; returns how many that were. */
  strike(fault: LinkFault, which: 'all' | 'oldest' = 'all'): number {
    const struck = which === 'all' ? this.#healthy() : this.#healthy().slice(0, 1)
    if (fault === 'roam') this.#address++
    for (const link of struck) link.break(fault === 'roam' ? 'blackhole' : fault)
    return struck.length
  }

  /** Stops listening and resets what is still open. */
  async close(): Promise<void> {
    for (const link of this.#links) link.destroy()
    await this.#server?.close()
  }

  #healthy(): FaultyLink[] {
    return [...this.#links].filter((link) => link.healthy)
  }

  #accept(near: Socket): void {
    near.on('error', () => {})
    if (this.refusing) return void near.resetAndDestroy()
    const far = connect({ ...this.#target, noDelay: true, allowHalfOpen: true, localAddress: this.#localAddress() })
    const link = new FaultyLink(near, far, () => this.conditions)
    link.onClose = () => this.#links.delete(link)
    this.#links.add(link)
    this.emit('link')
  }

  /** On Linux all of 127.0.0.0/8 is this machine; on other systems only 127.0.0.1 is certain to be. */
  #localAddress(): string {
    return process.platform === 'linux' ? `127.0.0.${this.#address % 250 || 1}` : '127.0.0.1'
  }
}

/** A relay to `target` on a free loopback port. */
export async function faultRelay(target: { readonly host: string; readonly port: number }): Promise<FaultRelay> {
  const relay = new FaultRelay(target)
  await relay.open()
  return relay
}
