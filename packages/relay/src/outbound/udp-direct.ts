import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import type { Target } from '../target.js'
import type { AccessPolicy } from './access-policy.js'
import { type ResolvedHost, Resolver } from './resolver.js'
import type { DatagramSink, UdpExit } from './udp-exit.js'

export interface DirectUdpOptions {
  readonly policy: AccessPolicy
  /** @default 64 */
  readonly maxResolving?: number
  readonly resolver?: Resolver
}

/** Sends datagrams straight to their targets: one socket for each address family, opened when first needed. */
export class DirectUdp implements UdpExit {
  readonly #sink: DatagramSink
  readonly #policy: AccessPolicy
  readonly #maxResolving: number
  readonly #resolver: Resolver
  readonly #sockets = new Map<number, Socket>()
  #resolving = 0
  #closed = false

  constructor(sink: DatagramSink, { policy, maxResolving = 64, resolver = sharedResolver }: DirectUdpOptions) {
    this.#sink = sink
    this.#policy = policy
    this.#maxResolving = maxResolving
    this.#resolver = resolver
  }

  send(payload: Uint8Array, target: Target): void {
    const resolved = this.#resolver.resolve(target.host)
    if (!(resolved instanceof Promise)) return this.#sendTo(payload, target, resolved)
    if (this.#resolving >= this.#maxResolving) {
      return this.#sink.drop(`${this.#maxResolving} datagrams wait for the resolver already`)
    }
    this.#resolving++
    resolved
      .then((host) => this.#sendTo(payload, target, host))
      .catch((error: unknown) => this.#sink.drop(error))
      .finally(() => this.#resolving--)
  }

  close(): void {
    this.#closed = true
    for (const socket of this.#sockets.values()) socket.close()
    this.#sockets.clear()
  }

  #sendTo(payload: Uint8Array, target: Target, { address, family }: ResolvedHost): void {
    if (this.#closed) return
    const refusal = this.#policy.refusalAt(target, address)
    if (refusal !== undefined) return this.#sink.drop(refusal)
    this.#socketFor(family).send(payload, target.port, address, (error) => {
      if (error !== null) this.#sink.drop(error)
    })
  }

  #socketFor(family: number): Socket {
    const known = this.#sockets.get(family)
    if (known !== undefined) return known
    const socket = createSocket(family === 6 ? { type: 'udp6', ipv6Only: true } : { type: 'udp4' })
    this.#sockets.set(family, socket)
    socket.on('message', (payload, from) => this.#receive(payload, from))
    socket.on('error', (error) => this.#sink.fail(error))
    socket.bind()
    return socket
  }

  #receive(payload: Buffer, { address, port }: RemoteInfo): void {
    this.#sink.receive(payload, { host: address, port })
  }
}

const sharedResolver = new Resolver()
