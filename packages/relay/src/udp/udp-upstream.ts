import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIP, type Socket } from 'node:net'
import type { Address } from '@ls/codec'
import type { NameResolver } from '@ls/dial'
import { isLoopback } from '@ls/foundation'
import {
  decodeDatagram,
  type Destination,
  encodeDatagram,
  parseDestination,
  SocksError,
  unspecifiedDestination,
} from '@ls/socks5'
import { performClientHandshake } from '@ls/socks5/node'
import { RelayError } from '../errors.js'
import { defaultConnectTimeoutMs, dial, type DialOptions } from '../outbound/dial.js'
import type { AccessPolicy } from '../rules/access-policy.js'
import type { Exit } from '../rules/routes.js'
import { formatTarget, type CheckedTarget } from '../target.js'
import { upstreamError } from '../upstream/chain.js'
import type { Upstream } from '../upstream/upstream.js'
import type { DatagramSink, UdpExit } from './udp-exit.js'

export interface UpstreamUdpOptions {
  readonly policy: AccessPolicy
  /** Time to connect to the proxy, in milliseconds. @default 10000 */
  readonly connectTimeoutMs?: number | undefined
  /** Resolves the name of the proxy. */
  readonly proxyResolver: NameResolver
  /** Datagrams that may wait until the proxy accepts; further ones are dropped. @default 64 */
  readonly maxResolving?: number | undefined
}

/** Reason why an exit cannot carry datagrams; undefined if it can. */
export function udpFaultOf(exit: Exit): string | undefined {
  if (exit.kind === 'reject') return `the route "${exit.rule}" rejects it`
  if (exit.kind === 'direct') return undefined
  const [first, ...others] = exit.upstreams
  // Datagrams would go to the last proxy directly, and bypass the others that should hide this machine from it.
  if (others.length > 0) return 'UDP does not go through a chain of proxies, only through a single one of SOCKS5'
  if (first?.webSocket !== undefined)
    return 'UDP does not go through a WebSocket, only through a proxy of SOCKS5 itself'
  if (first?.protocol === 'socks5' || first?.protocol === 'socks5h') return undefined
  return `UDP does not go through a proxy of ${first?.protocol}, only through one of SOCKS5`
}

/** Sends datagrams through a SOCKS5 proxy (RFC 1928 §7), as long as the TCP connection to it is open. */
export class UpstreamUdp implements UdpExit {
  readonly #sink: DatagramSink
  readonly #policy: AccessPolicy
  readonly #maxWaiting: number
  readonly #opening: Promise<void>
  readonly #gone = new AbortController()
  #waiting: (readonly [payload: Uint8Array, target: CheckedTarget])[] = []
  #control: Socket | undefined
  #udp: UdpSocket | undefined
  #state: 'opening' | 'open' | 'closed' = 'opening'

  constructor(upstream: Upstream, sink: DatagramSink, options: UpstreamUdpOptions) {
    this.#sink = sink
    this.#policy = options.policy
    this.#maxWaiting = options.maxResolving ?? 64
    this.#opening = this.#open(upstream, options)
    this.#opening.catch((error: unknown) => this.#fail(error))
  }

  ready(): Promise<void> {
    return this.#opening
  }

  send(payload: Uint8Array, target: CheckedTarget): void {
    const refusal = this.#policy.refusalOf(target)
    if (refusal !== undefined) return this.#sink.drop(refusal)
    if (this.#state === 'open') return this.#sendNow(payload, target)
    if (this.#state === 'closed') return
    if (this.#waiting.length >= this.#maxWaiting) {
      return this.#sink.drop(`${this.#maxWaiting} datagrams wait for the proxy already`)
    }
    this.#waiting.push([payload, target])
  }

  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#gone.abort(new Error('the association was closed'))
    this.#waiting = []
    this.#control?.destroy()
    this.#udp?.close()
  }

  async #open(upstream: Upstream, options: UpstreamUdpOptions): Promise<void> {
    const { connectTimeoutMs: timeoutMs = defaultConnectTimeoutMs, proxyResolver: resolver } = options
    const { signal } = this.#gone
    const control = await dialProxy(upstream, { signal, timeoutMs, resolver })
    this.#control = control
    if (signal.aborted) return void control.destroy()
    const { username, password } = upstream
    const request = { command: 'udp-associate', destination: unspecifiedDestination, username, password } as const
    const { bound } = await performClientHandshake(control, { ...request, timeoutMs, signal }).catch(
      (error: unknown) => {
        throw upstreamError(error)
      },
    )
    this.#watch(control)
    const udp = await connectUdp(relayOf(bound, control, upstream), signal)
    if (signal.aborted) return void udp.close()
    this.#start(udp)
  }

  #watch(control: Socket): void {
    const ended = new RelayError({ word: 'failed', detail: 'the upstream proxy ended the association' })
    control.on('end', () => this.#fail(ended))
    control.on('close', () => this.#fail(ended))
    // No more data is expected; reading detects its end.
    control.resume()
  }

  #start(udp: UdpSocket): void {
    this.#udp = udp
    this.#state = 'open'
    udp.on('message', (bytes) => this.#receive(bytes))
    udp.on('error', (error) =>
      this.#fail(
        new RelayError(
          { word: 'failed', detail: `the proxy accepts no datagrams: ${error.message}` },
          { cause: error },
        ),
      ),
    )
    const waiting = this.#waiting
    this.#waiting = []
    for (const [payload, target] of waiting) this.#sendNow(payload, target)
  }

  #sendNow(payload: Uint8Array, { host, port }: CheckedTarget): void {
    try {
      this.#udp?.send(encodeDatagram(parseDestination(host, port), payload), (error) => {
        if (error !== null) this.#sink.drop(error)
      })
    } catch (error) {
      this.#sink.drop(error)
    }
  }

  #receive(bytes: Buffer): void {
    try {
      const { destination, payload } = decodeDatagram(bytes)
      this.#sink.receive(payload, { host: destination.host, port: destination.port })
    } catch (error) {
      if (!(error instanceof SocksError)) throw error
      this.#sink.drop(error)
    }
  }

  #fail(error: unknown): void {
    if (this.#state === 'closed') return
    this.close()
    this.#sink.fail(error)
  }
}

async function dialProxy(proxy: Address, options: DialOptions): Promise<Socket> {
  try {
    return await dial({ host: proxy.host, port: proxy.port }, options)
  } catch (cause) {
    const text = `cannot reach the proxy ${formatTarget(proxy)}: ${(cause as Error).message}`
    throw new RelayError({ word: 'failed', detail: text }, { cause })
  }
}

/**
 * Address for datagrams. A proxy may leave the address open, and many send the loopback address they listen on instead
 * of their reachable one: both mean the address of the TCP connection.
 */
function relayOf(bound: Destination | undefined, control: Socket, proxy: Address): Address {
  const reached = control.remoteAddress ?? proxy.host
  if (bound === undefined || bound.port === 0) {
    throw new RelayError({ word: 'failed', detail: `the proxy ${formatTarget(proxy)} names no port for datagrams` })
  }
  const isOpen = bound.host === '0.0.0.0' || bound.host === '::'
  const isWrong = isLoopback(bound.host) && !isLoopback(reached)
  return { host: isOpen || isWrong ? reached : bound.host, port: bound.port }
}

/** Opens a socket that receives only from that address, and gets an error if no program listens there. */
async function connectUdp({ host, port }: Address, signal: AbortSignal): Promise<UdpSocket> {
  const udp = createSocket(isIP(host) === 6 ? 'udp6' : 'udp4')
  try {
    udp.connect(port, host)
    await once(udp, 'connect', { signal })
    return udp
  } catch (error) {
    udp.close()
    throw error
  }
}
