import type { Duplex } from 'node:stream'
import type { Address } from '@ls/codec'
import { type Channel, type Logger, silentLogger } from '@ls/mux'
import { failureOf, formatFailure } from '../failure.js'
import type { PayloadOptions } from '../payload-sender.js'
import { pump } from '../pump.js'
import { formatTarget } from '../target.js'
import { type AccessRules, parseAccessRules } from './access-rules.js'
import { type Dialler, diallerThrough, parseUpstream, type Upstream } from './chain.js'
import { serveUdp, type UdpOptions } from './udp.js'

export interface OutboundOptions extends PayloadOptions {
  readonly logger?: Logger
  /** Proxies to go through, each reached through the one before; URLs such as `socks5://user:pass@host:1080`. */
  readonly upstreamProxies?: readonly string[]
  /** Allowed targets, `ADDR:PORT`. @default all */
  readonly accessRules?: readonly string[]
  /** @default 10000 */
  readonly connectTimeoutMs?: number
  readonly udp?: UdpOptions
}

/** The half that reaches targets: answers Connect, dials, and joins the two. */
export class Outbound {
  readonly #options: OutboundOptions
  readonly #upstreams: readonly Upstream[]
  readonly #dial: Dialler
  readonly #access: AccessRules
  readonly #logger: Logger

  /** @throws RangeError when an upstream URL or an access rule is not valid */
  constructor(options: OutboundOptions = {}) {
    this.#options = options
    this.#upstreams = (options.upstreamProxies ?? []).map(parseUpstream)
    this.#dial = diallerThrough(this.#upstreams)
    this.#access = parseAccessRules(options.accessRules ?? [])
    this.#logger = options.logger ?? silentLogger
  }

  /** Serves a channel that a peer asked for; everything from here on is the outbound's. */
  serve(channel: Channel): void {
    if (channel.protocol === 'udp') {
      serveUdp(channel, { ...this.#options.udp, access: this.#access, upstreams: this.#upstreams, logger: this.#logger })
      return
    }
    if (channel.address === undefined) return channel.reject('failed: Connect names no target')
    void this.#serveTcp(channel, channel.address)
  }

  async #serveTcp(channel: Channel, target: Address): Promise<void> {
    const dialling = new AbortController()
    channel.setHandler({ onClose: () => dialling.abort() })
    const startedAtMs = performance.now()
    let socket: Duplex
    try {
      socket = await this.#dial(target, {
        signal: dialling.signal,
        access: this.#access,
        ...(this.#options.connectTimeoutMs === undefined ? {} : { timeoutMs: this.#options.connectTimeoutMs }),
      })
    } catch (error) {
      if (dialling.signal.aborted) return
      const failure = failureOf(error, formatTarget(target))
      this.#logger.debug({ target: formatTarget(target), reason: failure.word }, formatFailure(failure))
      return channel.reject(formatFailure(failure))
    }
    if (dialling.signal.aborted) return void socket.destroy()
    this.#logger.debug({ target: formatTarget(target), ms: Math.round(performance.now() - startedAtMs) }, 'target reached')
    channel.setHandler(pump(socket, channel, this.#options))
    channel.accept()
    channel.resume()
  }
}
