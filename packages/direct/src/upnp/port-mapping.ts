import { randomInt } from 'node:crypto'
import { type Clock, type Logger, Pause, textOf, type TimerHandle } from '@ls/foundation'
import type { UdpPlace } from '../go/quic.js'
import { type Gateway, GatewayRefusal, type MappedProtocol } from './gateway.js'
import { isPrivate } from './private-address.js'
import { defaultLeaseMs } from './upnp-options.js'

export interface PortMappingOptions {
  /** Source of time. */
  readonly clock: Clock
  readonly logger: Logger
  /** Port of this machine. */
  readonly port: number
  readonly protocol: MappedProtocol
  /** Port that the router should use; 0 is the same, or another one if that is taken. */
  readonly externalPort: number
  /** See `UpnpOptions`. */
  readonly leaseMs: number
  readonly keep: boolean
  /** Finds the router. @throws DirectError where there is none */
  findGateway(): Promise<Gateway>
  /** Called when the port is mapped, or with the reason why it is not. */
  onResult(failure: unknown): void
}

/** Time until a router is searched for again, in milliseconds: it may have been off, or the machine has moved. */
const retryMs = 600_000
/** Time that {@link PortMapping.close} waits for the router, in milliseconds. */
const closeMs = 900
/** Attempts to add a mapping: other ports, or without a lease. */
const maxTries = 5
/** Ports that are tried where the first one is taken: those that no service has (RFC 6335 §6). */
const dynamicPorts = { from: 49_152, to: 65_536 } as const

/** Error codes of AddPortMapping (WANIPConnection:1 §2.4.16). */
const conflictInMapping = 718
/** Routers without leases answer one of these: invalid arguments, action failed, only permanent leases. */
const leaseErrors: ReadonlySet<number> = new Set([402, 501, 725])

/** A port of a router that leads to a port of this machine: added, renewed, and deleted at the end. */
export class PortMapping {
  readonly #options: PortMappingOptions
  readonly #stop = new AbortController()
  readonly #isOver: Promise<void>
  readonly #pause: Pause
  readonly #waiting = new Set<() => void>()
  /** Mapping that a router has, as far as we know. */
  #added: { readonly gateway: Gateway; readonly port: number } | undefined
  #place: UdpPlace | undefined
  #isSettled = false
  #leaseMs: number

  constructor(options: PortMappingOptions) {
    this.#options = options
    this.#leaseMs = options.leaseMs
    this.#pause = new Pause(options.clock)
    this.#isOver = this.#run()
  }

  /** Resolves with the place outside, waiting at most `limitMs` for the router; undefined if there is none. */
  outside(limitMs: number): Promise<UdpPlace | undefined> {
    if (this.#isSettled) return Promise.resolve(this.#place)
    const { clock } = this.#options
    return new Promise((resolve) => {
      const settle = (): void => {
        clock.clearTimeout(timer)
        this.#waiting.delete(settle)
        resolve(this.#place)
      }
      const timer = clock.setTimeout(settle, limitMs)
      this.#waiting.add(settle)
    })
  }

  /** Deletes the mapping, unless it should stay. Resolves when that is done, after 0.9 s at the latest. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('the mapping is not needed any more'))
    this.#pause.end()
    const { clock } = this.#options
    let timer: TimerHandle
    const late = new Promise<void>((resolve) => (timer = clock.setTimeout(resolve, closeMs)))
    await Promise.race([this.#isOver, late])
    clock.clearTimeout(timer)
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      let pauseMs = retryMs
      try {
        await this.#renew()
        pauseMs = (this.#leaseMs || defaultLeaseMs) / 2
      } catch (error) {
        this.#failed(error)
      }
      this.#isSettled = true
      for (const settle of this.#waiting) settle()
      if (!signal.aborted) await this.#pause.wait(pauseMs)
    }
    await this.#delete()
  }

  /** Adds the mapping, or renews it at the same router; that one may have restarted, so it is searched for again. */
  async #renew(): Promise<void> {
    const known = this.#added?.gateway
    if (known !== undefined) {
      try {
        return await this.#addAt(known)
      } catch (error) {
        this.#options.logger.debug({ err: error }, `UPnP: the mapping was not renewed: ${textOf(error)}`)
      }
    }
    const gateway = await this.#options.findGateway()
    this.#stop.signal.throwIfAborted()
    await this.#addAt(gateway)
  }

  async #addAt(gateway: Gateway): Promise<void> {
    const port = await this.#add(gateway)
    this.#added = { gateway, port }
    const before = this.#place
    const address = await gateway.externalAddress()
    this.#place = { address, port }
    this.#options.onResult(undefined)
    if (before?.address !== address || before.port !== port) this.#tell(gateway, this.#place)
  }

  /** Returns the port of the router. */
  async #add(gateway: Gateway): Promise<number> {
    const { protocol, port: internalPort, externalPort: wanted } = this.#options
    let externalPort = this.#added?.port ?? (wanted === 0 ? internalPort : wanted)
    for (let tries = 1; ; tries++) {
      try {
        await gateway.add({ protocol, externalPort, internalPort, leaseSeconds: Math.round(this.#leaseMs / 1000) })
        return externalPort
      } catch (error) {
        if (!(error instanceof GatewayRefusal) || tries === maxTries) throw error
        if (this.#leaseMs > 0 && leaseErrors.has(error.number)) this.#leaseMs = 0
        else if (wanted === 0 && error.number === conflictInMapping)
          externalPort = randomInt(dynamicPorts.from, dynamicPorts.to)
        else throw error
      }
    }
  }

  #tell(gateway: Gateway, { address, port }: UdpPlace): void {
    const { logger, protocol, port: internalPort, leaseMs } = this.#options
    const fields = { router: gateway.host, address, externalPort: port, port: internalPort, protocol }
    const until = this.#leaseMs === 0 && leaseMs > 0 ? '; it has no leases, so it keeps the port until it is told' : ''
    logger.info(
      fields,
      `UPnP: the router ${gateway.host} passes ${protocol} port ${port} of ${address} on to us${until}`,
    )
    if (isPrivate(address))
      logger.warn(fields, `UPnP: ${address} is a private address: behind another NAT, the port is of no use`)
  }

  #failed(error: unknown): void {
    if (this.#stop.signal.aborted) return
    this.#place = undefined
    this.#options.onResult(error)
  }

  async #delete(): Promise<void> {
    const { protocol, keep, logger } = this.#options
    if (this.#added === undefined || keep) return
    const { gateway, port } = this.#added
    try {
      await gateway.delete({ protocol, externalPort: port })
      logger.debug({ externalPort: port }, `UPnP: port ${port} of the router was closed`)
    } catch (error) {
      const until = this.#leaseMs === 0 ? 'until it is deleted there' : 'until its lease ends'
      logger.warn({ externalPort: port }, `UPnP: the router keeps port ${port} open ${until}: ${textOf(error)}`)
    }
  }
}
