import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import type { Address } from '@ls/codec'
import type { Channel, ChannelHandler, Logger } from '@ls/mux'
import { formatFailure } from '../failure.js'
import type { AccessRules } from './access-rules.js'
import type { Upstream } from './chain.js'
import { type ResolvedHost, Resolver } from './resolver.js'

export interface UdpOptions {
  /** An association without a datagram either way for this long is closed, in milliseconds. @default 300000 */
  readonly idleMs?: number
  /** Datagrams of one association that may wait for the resolver; further ones are dropped. @default 64 */
  readonly maxResolving?: number
  readonly resolver?: Resolver
}

export interface ServeUdpOptions extends UdpOptions {
  readonly access: AccessRules
  readonly upstreams: readonly Upstream[]
  readonly logger: Logger
}

/** Serves an association: one socket for each address family, opened when first needed. */
export function serveUdp(channel: Channel, options: ServeUdpOptions): void {
  if (options.upstreams.length > 0) {
    // Sending past the configured proxy would tell the target what the user wanted to hide.
    return channel.reject('forbidden: UDP does not go through the configured upstream proxy')
  }
  const association = new OutboundAssociation(channel, options)
  channel.setHandler(association)
  channel.accept()
  channel.resume()
}

class OutboundAssociation implements ChannelHandler {
  readonly #channel: Channel
  readonly #options: ServeUdpOptions
  readonly #resolver: Resolver
  readonly #sockets = new Map<number, Socket>()
  readonly #idleTimer: NodeJS.Timeout
  #resolving = 0
  #closed = false

  constructor(channel: Channel, options: ServeUdpOptions) {
    const { idleMs = defaultIdleMs } = options
    this.#channel = channel
    this.#options = options
    this.#resolver = options.resolver ?? sharedResolver
    this.#idleTimer = setTimeout(() => this.#channel.disconnect(`timeout: no datagram for ${idleMs} ms`), idleMs)
  }

  onDatagram(payload: Uint8Array, target: Address | undefined): void {
    if (target === undefined || target.port === 0) return this.#drop()
    this.#idleTimer.refresh()
    const resolved = this.#resolver.resolve(target.host)
    if (!(resolved instanceof Promise)) return this.#send(payload, target, resolved)
    if (this.#resolving >= (this.#options.maxResolving ?? 64)) return this.#drop()
    this.#resolving++
    resolved
      .then((host) => this.#send(payload, target, host))
      .catch((error: Error) => this.#options.logger.debug({ target: target.host }, `datagram dropped: ${error.message}`))
      .finally(() => this.#resolving--)
  }

  onClose(): void {
    this.#closed = true
    clearTimeout(this.#idleTimer)
    for (const socket of this.#sockets.values()) socket.close()
    this.#sockets.clear()
  }

  #send(payload: Uint8Array, target: Address, host: ResolvedHost): void {
    if (this.#closed) return
    const { access } = this.#options
    if (!access.allows(target) && !access.allows({ host: host.address, port: target.port })) return this.#drop()
    this.#socketFor(host.family).send(payload, target.port, host.address, (error) => {
      if (error !== null) this.#options.logger.debug({ target: host.address }, `datagram dropped: ${error.message}`)
    })
  }

  #socketFor(family: number): Socket {
    const known = this.#sockets.get(family)
    if (known !== undefined) return known
    const socket = createSocket(family === 6 ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' })
    this.#sockets.set(family, socket)
    socket.on('message', (payload, from) => this.#receive(payload, from))
    socket.on('error', (error) => {
      this.#channel.disconnect(formatFailure({ word: 'failed', detail: error.message }))
    })
    socket.bind()
    return socket
  }

  #receive(payload: Buffer, from: RemoteInfo): void {
    this.#idleTimer.refresh()
    this.#channel.sendDatagram(payload, { source: { host: from.address, port: from.port } })
  }

  #drop(): void {
    this.#channel.droppedDatagrams++
  }
}

/** Long enough for the slowest keep-alive of common protocols, short enough to free a port the same day. */
const defaultIdleMs = 300_000

const sharedResolver = new Resolver()
