import { networkInterfaces } from 'node:os'
import { type Clock, type Logger, maxPort, textOf } from '@ls/foundation'
import { DirectError } from '../errors.js'
import type { UdpPlace } from '../go/quic.js'
import { findGateway, type Gateway, type MappedProtocol } from './gateway.js'
import { PortMapping } from './port-mapping.js'
import { defaultLeaseMs, type UpnpOptions } from './upnp-options.js'

/** Options of a {@link PortMapper}. */
export interface PortMapperOptions extends UpnpOptions {
  /** Source of time. */
  readonly clock: Clock
  /** Gets what the router does. */
  readonly logger: Logger
  /** Where routers are asked for. @default the group of SSDP, 239.255.255.250:1900 */
  readonly searchAt?: UdpPlace | undefined
  /** Addresses that are asked from. @default those of the interfaces of this machine */
  readonly ownAddresses?: readonly string[] | undefined
}

/** Makes routers pass ports on to this machine, by UPnP. */
export class PortMapper {
  readonly #options: PortMapperOptions
  readonly #mappings = new Set<PortMapping>()
  /** A search that is under way: two ports need one. */
  #search: Promise<Gateway> | undefined
  readonly #stop = new AbortController()
  #lastFailure = ''

  constructor(options: PortMapperOptions) {
    this.#options = options
  }

  /**
   * Begins to map a port of this machine. `offset` is added to the external port of the options, where they have one.
   * Undefined after {@link close}.
   */
  map(port: number, offset = 0, protocol: MappedProtocol = 'UDP'): PortMapping | undefined {
    if (this.#stop.signal.aborted) return undefined
    const { clock, logger, leaseMs = defaultLeaseMs, keep = false, externalPort: wanted = 0 } = this.#options
    const externalPort = wanted === 0 || wanted + offset > maxPort ? 0 : wanted + offset
    const findGateway = (): Promise<Gateway> => this.#findGateway()
    const onResult = (failure: unknown): void => this.#tell(failure)
    const terms = { clock, logger, port, protocol, externalPort, leaseMs, keep }
    const mapping = new PortMapping({ ...terms, findGateway, onResult })
    this.#mappings.add(mapping)
    return mapping
  }

  /** Ends a mapping that is not needed any more. */
  async unmap(mapping: PortMapping): Promise<void> {
    this.#mappings.delete(mapping)
    await mapping.close()
  }

  /** Ends all mappings. Resolves when the router has deleted them, after 0.9 s at the latest. */
  async close(): Promise<void> {
    this.#stop.abort(new Error('the client is closed'))
    await Promise.all([...this.#mappings].map((mapping) => mapping.close()))
  }

  /** Logs a failure; the same one only once, as all ports have it where there is no router. */
  #tell(failure: unknown): void {
    const text = failure === undefined ? '' : textOf(failure)
    if (text === this.#lastFailure) return
    this.#lastFailure = text
    if (text === '') return
    const code = failure instanceof DirectError ? failure.code : 'ERR_DIRECT_MAPPING'
    const rest = 'direct paths are tried without; it is asked again in 10 minutes'
    this.#options.logger.warn({ code, reason: text }, `UPnP: no port is mapped: ${text}; ${rest}`)
  }

  #findGateway(): Promise<Gateway> {
    this.#search ??= this.#searchOnce().finally(() => (this.#search = undefined))
    return this.#search
  }

  #searchOnce(): Promise<Gateway> {
    const { clock, searchAt: to, ownAddresses: from = ownIPv4() } = this.#options
    if (from.length > 0) return findGateway({ clock, to, from }, this.#stop.signal)
    return Promise.reject(new DirectError('ERR_DIRECT_MAPPING', 'this machine has no IPv4 address in a network'))
  }
}

function ownIPv4(): string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  return all.filter(({ family, internal }) => family === 'IPv4' && !internal).map(({ address }) => address)
}
