import type { RareLog } from '@ls/foundation'
import {
  ChannelSlots,
  type ExposedHost,
  type ExposedPlace,
  type ExposedPort,
  type Exposure,
  formatExposure,
  ListenError,
  openForward,
} from '@ls/relay'
import { ServerError } from '../errors.js'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import type { PacedSource } from '../reverse/reverse-group.js'
import type { ReverseToken } from '../tokens/token-registry.js'
import { tokenKey } from '../tokens/token-text.js'
import type { FarName } from './hosts/far-names.js'
import type { HostExposures } from './hosts/host-exposures.js'
import type { Owner } from './owner.js'
import { PortRanges } from './port-ranges.js'

export interface ExposureOpenerOptions {
  readonly server: ResolvedServerOptions
  readonly rareLog: RareLog
  /** Opens host names. */
  readonly hosts: HostExposures
  /** Opens channels to the owner; rules and rates may differ for each connection. */
  sourceOf(owner: Owner): PacedSource
  /** Starts to count the connections of a token. */
  slotsOf(record: ReverseToken): ChannelSlots
  /** Reserves a TCP port, so that no other part of the server can use it. @throws ServerError where one does */
  reservePort(port: number): void
  /** Releases a reserved TCP port. */
  releasePort(port: number): void
}

/** A port or host name that leads to providers. */
export interface OpenExposure {
  readonly exposure: Exposure
  /** Counts its connections. */
  readonly slots: ChannelSlots
  /** Time of opening, in milliseconds since 1970. */
  readonly openedAtMs: number
  /** Stops accepting, gives connections `graceMs` to finish, then cuts them. */
  close(graceMs: number): Promise<void>
}

/** Opens single ports and host names for providers. */
export class ExposureOpener {
  readonly #options: ExposureOpenerOptions

  constructor(options: ExposureOpenerOptions) {
    this.#options = options
  }

  /**
   * Ports to try for a place that a provider requests, in this order. @throws ServerError where it may not be opened
   */
  portsFor(record: ReverseToken, place: ExposedPort): Iterable<number> {
    const allowed = record.ports ?? this.#options.server.allowPorts
    if (allowed === undefined || allowed === '') {
      throw refusal('this server opens no ports for providers of this token (--allow-ports)')
    }
    const ranges = new PortRanges(allowed)
    if (place.port === 0) return ranges.draw(maxDrawnPorts)
    if (!ranges.allows(place.port)) throw refusal(`port ${place.port} is not among the allowed ports ${allowed}`)
    return [place.port]
  }

  /**
   * Opens a host name, or the first port that is free.
   *
   * @throws ServerError or, for a single port, the error of the attempt
   */
  async open(owner: Owner, exposure: Exposure, ports: Iterable<number> = []): Promise<OpenExposure> {
    const { place } = exposure
    if ('host' in place) return this.#openHost(owner, place, exposure)
    let last: unknown = refusal(`${formatExposure(exposure)}: none of the allowed ports is free`)
    for (const port of ports) {
      try {
        return await this.#openAt(owner, exposure, port)
      } catch (error) {
        if (!isTaken(error)) throw error
        last = error
      }
    }
    throw last
  }

  /**
   * Opens a host name.
   *
   * @throws ServerError with the reason for the provider
   */
  async #openHost(owner: Owner, place: ExposedHost, exposure: Exposure): Promise<OpenExposure> {
    const slots = this.#slotsFor(owner.record)
    // First: no visitor may reach a provider whose token does not get the name.
    const release = await this.#share(owner, place, exposure)
    try {
      const end = this.#route(owner, place, exposure, slots)
      const close = async (graceMs: number): Promise<void> => {
        end(graceMs)
        release?.()
      }
      return { exposure, slots, openedAtMs: Date.now(), close }
    } catch (error) {
      release?.()
      throw error
    }
  }

  /** Routes a host name to a provider at another process; returns a function that ends this. @throws ServerError */
  openFar({ owner, exposure }: FarName): () => void {
    const { place } = exposure
    if (!('host' in place)) return () => {}
    const end = this.#route(owner, place, exposure, this.#slotsFor(owner.record))
    return () => end(0)
  }

  #route(owner: Owner, place: ExposedHost, exposure: Exposure, slots: ChannelSlots): (graceMs: number) => void {
    const { hosts, sourceOf } = this.#options
    return hosts.open(place, { record: owner.record, exposure, source: sourceOf(owner), slots })
  }

  /** Tells other processes of a provider's name. All of them have the names of the operator. */
  async #share(
    { record, instance }: Owner,
    { host }: ExposedHost,
    exposure: Exposure,
  ): Promise<(() => void) | undefined> {
    const { siblings, nodes } = this.#options.server
    if (siblings === undefined || instance === undefined) return undefined
    const name = { host, reverseKey: tokenKey(record.token), instance, exposure: formatExposure(exposure) }
    return nodes?.names?.share(name)
  }

  async #openAt(owner: Owner, { place, target, proxyHeader }: Exposure, port: number): Promise<OpenExposure> {
    const { server, rareLog, sourceOf } = this.#options
    const protocol = place.protocol === 'udp' ? 'udp' : 'tcp'
    this.reserve({ protocol, port })
    let isHeld = true
    // A port may be closed twice, and may belong to another owner by then.
    const release = (): void => {
      if (isHeld) this.release({ protocol, port })
      isHeld = false
    }
    // Providers of several processes must not share a port; the port of the operator is open in all of them.
    const exclusive = owner.instance !== undefined
    const listenOn = { host: server.exposeHost, port, exclusive }
    const slots = this.#slotsFor(owner.record)
    const source = sourceOf(owner)
    const options = {
      ...server,
      ...source,
      proxyHeader,
      slots,
      rareLog,
      // Read for each connection: the policy may change while the port is open.
      get entryRules() {
        return source.entryRules
      },
      get pace() {
        return source.pace
      },
    }
    try {
      const { forward, close } = await openForward({ protocol, listenOn, target }, options)
      const opened: ExposedPort = { protocol, port: (forward.listenOn as typeof listenOn).port }
      const ended = (graceMs: number): Promise<void> => close(graceMs).finally(release)
      return { exposure: { place: opened, target, proxyHeader }, slots, openedAtMs: Date.now(), close: ended }
    } catch (error) {
      release()
      throw error
    }
  }

  /** Counts the connections of one port. The limit of its token is read for each new connection. */
  #slotsFor(record: ReverseToken): ChannelSlots {
    const { slotsOf } = this.#options
    return new ChannelSlots({
      limit: Infinity,
      what: '',
      get parent() {
        return slotsOf(record)
      },
    })
  }

  /** Reserves a TCP port in this server. @throws ServerError where another part has it */
  reserve(place: ExposedPlace): void {
    if (place.protocol === 'tcp' && place.port !== 0) this.#options.reservePort(place.port)
  }

  /** Releases a port that {@link reserve} reserved. */
  release(place: ExposedPlace): void {
    if (place.protocol === 'tcp' && place.port !== 0) this.#options.releasePort(place.port)
  }
}

/** Error whose text is sent to the provider. */
export function refusal(text: string): ServerError {
  return new ServerError('ERR_SERVER_EXPOSE_REFUSED', text)
}

function isTaken(error: unknown): boolean {
  if (error instanceof ListenError) return error.code === 'EADDRINUSE'
  return error instanceof ServerError && error.code === 'ERR_SERVER_PORT_TAKEN'
}

/** Attempts to find a free port: with half of the ports in use, 64 attempts fail once in 10^19. */
const maxDrawnPorts = 64
