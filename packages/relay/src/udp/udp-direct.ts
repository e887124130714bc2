import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import { type NameResolver, resolveAll, systemResolver } from '@ls/dial'
import type { AccessPolicy } from '../rules/access-policy.js'
import { formatTarget, type CheckedTarget } from '../target.js'
import type { DatagramSink, UdpExit } from './udp-exit.js'
import { UdpTrial } from './udp-trial.js'

export interface DirectUdpOptions {
  readonly policy: AccessPolicy
  /** Most datagrams that wait for a lookup. @default 64 */
  readonly maxResolving?: number | undefined
  /** Resolves names. @default the shared resolver of the process */
  readonly resolver?: NameResolver | undefined
  /** Tenant for name lookups. @default none */
  readonly tenant?: unknown
}

/** Most names with several addresses that get their own socket; datagrams to further ones go to their first address. */
const maxTrials = 16

/**
 * Sends datagrams directly to their targets. It opens one socket for each address family when first needed, and one for
 * each name with several addresses.
 */
export class DirectUdp implements UdpExit {
  readonly #sink: DatagramSink
  readonly #options: DirectUdpOptions
  readonly #maxResolving: number
  readonly #sockets = new Map<'udp4' | 'udp6', Socket>()
  readonly #trials = new Map<string, UdpTrial>()
  #resolving = 0
  #closed = false

  constructor(sink: DatagramSink, options: DirectUdpOptions) {
    this.#sink = sink
    this.#options = options
    this.#maxResolving = options.maxResolving ?? 64
  }

  /** Sends a datagram. @throws DialError for a name that is known not to resolve */
  send(payload: Uint8Array, target: CheckedTarget): void {
    const { resolver = systemResolver, tenant } = this.#options
    if (target.address !== undefined) return this.#sendTo(payload, target, [target.host])
    const trial = this.#trials.get(formatTarget(target))
    if (trial !== undefined) return trial.send(payload)
    if (this.#resolving >= this.#maxResolving) {
      return this.#sink.drop(`${this.#maxResolving} datagrams wait for the resolver already`)
    }
    const resolved = resolveAll(resolver, target.host, { tenant })
    if (!(resolved instanceof Promise)) return this.#sendTo(payload, target, resolved)
    this.#resolving++
    resolved
      .then((addresses) => this.#sendTo(payload, target, addresses))
      .catch((error: unknown) => this.#sink.drop(error))
      .finally(() => this.#resolving--)
  }

  close(): void {
    this.#closed = true
    for (const each of [...this.#sockets.values(), ...this.#trials.values()]) each.close()
    this.#sockets.clear()
    this.#trials.clear()
  }

  #sendTo(payload: Uint8Array, target: CheckedTarget, addresses: readonly string[]): void {
    if (this.#closed) return
    const refusals = addresses.map((address) => this.#options.policy.refusalAt(target, address))
    const [first, ...others] = addresses.filter((_, index) => refusals[index] === undefined)
    if (first === undefined) return this.#sink.drop(refusals[0])
    if (others.length > 0 && this.#trials.size < maxTrials)
      return this.#tryAll(target, [first, ...others]).send(payload)
    this.#socketFor(first).send(payload, target.port, first, (error) => {
      if (error !== null) this.#sink.drop(error)
    })
  }

  /** Trial of all addresses, shared by the datagrams that waited for the same lookup. */
  #tryAll(target: CheckedTarget, addresses: readonly string[]): UdpTrial {
    const key = formatTarget(target)
    const trial = this.#trials.get(key) ?? new UdpTrial(addresses, target.port, this.#sink)
    this.#trials.set(key, trial)
    return trial
  }

  #socketFor(address: string): Socket {
    const type = isIPv6(address) ? 'udp6' : 'udp4'
    const known = this.#sockets.get(type)
    if (known !== undefined) return known
    const socket = createSocket(type === 'udp6' ? { type, ipv6Only: true } : { type })
    this.#sockets.set(type, socket)
    socket.on('message', (payload, from) => this.#receive(payload, from))
    socket.on('error', (error) => this.#sink.fail(error))
    socket.bind({ exclusive: true })
    return socket
  }

  #receive(payload: Buffer, { address, port }: RemoteInfo): void {
    this.#sink.receive(payload, { host: address, port })
  }
}
