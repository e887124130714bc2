import { Agent, type ClientRequest } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { discardStream, type Target } from '@ls/dial'
import { formatAuthority } from '../message/authority.js'
import { OriginStream } from './origin-stream.js'

/** Opens a connection to an origin. */
export type OpenOrigin = (target: Target) => Promise<Duplex>

export interface OriginsLimits {
  /** Origins with an open connection. */
  readonly maxOrigins: number
  /** Largest head of a response, and largest trailer section, in bytes. */
  readonly maxHeadBytes: number
}

/** The connections of one client to its origins: one each, kept open between requests. */
export class Origins {
  readonly #agents = new Map<string, OriginAgent>()
  readonly #open: OpenOrigin
  readonly #limits: OriginsLimits

  constructor(open: OpenOrigin, limits: OriginsLimits) {
    this.#open = open
    this.#limits = limits
  }

  /**
   * Returns the agent for a request to `target` by `user`: connections of one account are not used for another. Over
   * the limit, closes the agent used longest ago.
   */
  agentFor(target: Target, user: string | undefined): Agent {
    const key = `${formatAuthority(target)} ${user ?? ''}`
    const agent =
      this.#agents.get(key) ?? new OriginAgent(async () => new OriginStream(await this.#open(target), this.#limits))
    this.#agents.delete(key)
    this.#agents.set(key, agent)
    if (this.#agents.size > this.#limits.maxOrigins) this.#closeOldest()
    return agent
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy()
    this.#agents.clear()
  }

  #closeOldest(): void {
    const [oldest] = this.#agents
    if (oldest === undefined) return
    this.#agents.delete(oldest[0])
    oldest[1].destroy()
  }
}

/** Node's agent over any stream: it assumes sockets, whose timers and handles a dialled stream need not have. */
class OriginAgent extends Agent {
  readonly #open: () => Promise<OriginStream>

  constructor(open: () => Promise<OriginStream>) {
    super({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1 })
    this.#open = open
  }

  override createConnection(_options: unknown, onCreated?: (error: Error | null, stream: Duplex) => void): null {
    this.#open().then(
      (stream) => onCreated?.(null, stream),
      (error: unknown) => onCreated?.(error as Error, undefined as unknown as Duplex),
    )
    return null
  }

  /**
   * A connection that its origin has ended, or over which it sends unrequested bytes, is not used again (RFC 9112
   * §9.2): those bytes would answer the next request.
   */
  override keepSocketAlive(stream: OriginStream): boolean {
    if (!stream.isReusable) return false
    stream.rest()
    const close = (): void => discardStream(stream)
    idleWatch.set(stream, close)
    stream.on('data', close)
    stream.on('end', close)
    return stream.readableLength === 0
  }

  override reuseSocket(stream: Duplex, request: ClientRequest): void {
    const close = idleWatch.get(stream)
    if (close !== undefined) stream.off('data', close).off('end', close)
    super.reuseSocket(socketOf(stream), request)
  }
}

/** Methods that Node calls on an idle socket to reuse it: it removes its listener and refs the handle. */
function socketOf(stream: Duplex): Socket {
  return { removeListener: stream.off.bind(stream), ref: () => {} } as unknown as Socket
}

const idleWatch = new WeakMap<Duplex, () => void>()
