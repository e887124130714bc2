import { isIPv4 } from 'node:net'
import { type Clock, textOf } from '@ls/foundation'
import { DirectError } from '../errors.js'
import { mappingServices, type MappingService, textOfTag } from './gateway-description.js'
import { askGateway } from './gateway-request.js'
import { type GatewaySearch, searchGateways } from './gateway-search.js'

/** Time for routers to answer a search, in milliseconds: they may wait a second, and it is sent three times. */
const searchMs = 3000

/** Error code of UPnP, as a router sends it (WANIPConnection:1, §2.4). */
export class GatewayRefusal extends Error {
  override readonly name = 'GatewayRefusal'
  /** Number of the error; 0 where the answer has none. */
  readonly number: number

  constructor(number: number, message: string) {
    super(message)
    this.number = number
  }
}

/** Protocol of a mapped port, in the words of UPnP. */
export type MappedProtocol = 'UDP' | 'TCP'

/** One mapping of a port. */
export interface MappingRequest {
  readonly protocol: MappedProtocol
  readonly externalPort: number
  readonly internalPort: number
  /** Time in seconds for which the router keeps it; 0 is until it is deleted. */
  readonly leaseSeconds: number
}

/** A router that maps ports by UPnP. */
export class Gateway {
  readonly #service: MappingService
  readonly #clock: Clock
  /** Our own address in the router's network. */
  readonly localAddress: string

  constructor(service: MappingService, localAddress: string, clock: Clock) {
    this.#service = service
    this.localAddress = localAddress
    this.#clock = clock
  }

  /** Its address in our network. */
  get host(): string {
    return this.#service.control.hostname
  }

  /** Its address outside. @throws Error for a router without one */
  async externalAddress(signal?: AbortSignal): Promise<string> {
    const answer = await this.#call('GetExternalIPAddress', [], signal)
    const address = textOfTag(answer, 'NewExternalIPAddress') ?? ''
    if (!isIPv4(address) || address === '0.0.0.0') throw new Error(`the router at ${this.host} has no address outside`)
    return address
  }

  /** Adds a mapping, or renews it. @throws GatewayRefusal if the router does not; Error where it is silent */
  async add({ protocol, externalPort, internalPort, leaseSeconds }: MappingRequest): Promise<void> {
    await this.#call('AddPortMapping', [
      ['NewRemoteHost', ''],
      ['NewExternalPort', externalPort],
      ['NewProtocol', protocol],
      ['NewInternalPort', internalPort],
      ['NewInternalClient', this.localAddress],
      ['NewEnabled', 1],
      ['NewPortMappingDescription', 'linksocks-direct'],
      ['NewLeaseDuration', leaseSeconds],
    ])
  }

  /** Deletes a mapping. @throws GatewayRefusal if the router does not; Error where it is silent */
  async delete({ protocol, externalPort }: Pick<MappingRequest, 'protocol' | 'externalPort'>): Promise<void> {
    await this.#call('DeletePortMapping', [
      ['NewRemoteHost', ''],
      ['NewExternalPort', externalPort],
      ['NewProtocol', protocol],
    ])
  }

  /** Values must need no escaping. */
  async #call(action: string, values: readonly (readonly [string, string | number])[], signal?: AbortSignal) {
    const { type, control: url } = this.#service
    const body = [
      '<?xml version="1.0"?>',
      '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/">',
      `<s:Body><u:${action} xmlns:u="${type}">`,
      ...values.map(([name, value]) => `<${name}>${value}</${name}>`),
      `</u:${action}></s:Body></s:Envelope>`,
    ].join('\r\n')
    const headers = {
      'content-type': 'text/xml; charset="utf-8"',
      'content-length': String(Buffer.byteLength(body)),
      soapaction: `"${type}#${action}"`,
    }
    const { status, text } = await askGateway({ url, clock: this.#clock, headers, body, signal })
    if (status === 200) return text
    const number = Number(textOfTag(text, 'errorCode') ?? 0) || 0
    const detail = (textOfTag(text, 'errorDescription') ?? `HTTP status ${status}`).slice(0, maxDetail)
    throw new GatewayRefusal(number, `the router at ${this.host} refuses ${action}: ${detail} (${number})`)
  }
}

/** Characters of a router's reason that are kept for the log. */
const maxDetail = 100

/**
 * Finds a router that maps ports and has an address outside.
 *
 * @throws DirectError `ERR_DIRECT_MAPPING` that says what was found instead
 */
export function findGateway(search: GatewaySearch, signal: AbortSignal): Promise<Gateway> {
  const { clock } = search
  let lastError: unknown
  return new Promise((resolve, reject) => {
    const stop = searchGateways(search, (description) => {
      openGateway(description, clock, signal).then(
        (gateway) => settle(() => resolve(gateway)),
        (error: unknown) => (lastError = error),
      )
    })
    let isOver = false
    const settle = (call: () => void): void => {
      if (isOver) return
      isOver = true
      clock.clearTimeout(timer)
      signal.removeEventListener('abort', onAbort)
      stop()
      call()
    }
    const onAbort = (): void => settle(() => reject(signal.reason as Error))
    const timer = clock.setTimeout(() => settle(() => reject(notFound(lastError))), searchMs)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
  })
}

function notFound(lastError: unknown): DirectError {
  const text =
    lastError === undefined
      ? `no router answered a search by UPnP within ${searchMs} ms: it may have UPnP off, or there is none`
      : `no router maps ports by UPnP: ${textOf(lastError)}`
  return new DirectError('ERR_DIRECT_MAPPING', text, { cause: lastError })
}

async function openGateway(description: URL, clock: Clock, signal: AbortSignal): Promise<Gateway> {
  const { status, text, localAddress } = await askGateway({ url: description, clock, signal })
  if (status !== 200) throw new Error(`${description.host} answers with HTTP status ${status}`)
  let lastError = new Error(`${description.host} has no service that maps ports`)
  for (const service of mappingServices(text, description)) {
    const gateway = new Gateway(service, localAddress, clock)
    try {
      await gateway.externalAddress(signal)
      return gateway
    } catch (error) {
      lastError = error as Error
    }
  }
  throw lastError
}
