import { isIP } from 'node:net'
import { textOf } from '@ls/foundation'
import { parseHostName } from '../address/host-name.js'
import { formatTarget, readHostPort, type CheckedTarget } from '../target.js'
import { isProxyHeaderVersion, type ProxyHeaderVersion } from '../upstream/proxy-header.js'

/** A port or host name that a server opens for a provider, and its target in the provider's network. */
export interface Exposure {
  /** Port or host name to open. */
  readonly place: ExposedPlace
  /** Target of its connections. */
  readonly target: CheckedTarget
  /** Version of the PROXY protocol header that begins each connection. @default none */
  readonly proxyHeader?: ProxyHeaderVersion | undefined
}

/** Place that a server opens: a port, or a host name on a shared port. */
export type ExposedPlace = ExposedPort | ExposedHost

/** A host name on a port of the server that all providers share. */
export interface ExposedHost {
  /** `http`: requests by their Host; `tls`: connections by their server name, still encrypted. */
  readonly protocol: 'http' | 'tls'
  /** Name as {@link readHostName} returns it. */
  readonly host: string
}

/** A port of the server. */
export interface ExposedPort {
  /** Protocol of its users. */
  readonly protocol: 'tcp' | 'udp'
  /** Port; 0 for any free one. */
  readonly port: number
}

/**
 * Parses `2222=localhost:22`, `udp:5353=localhost:53`, `http:app.example=localhost:3000` or
 * `tls:app.example=localhost:443`; `,proxy=v1` or `,proxy=v2` may follow, but not for UDP.
 *
 * @throws RangeError naming the value and what is wrong with it
 */
export function parseExposure(text: string): Exposure {
  const [, place, target, proxy] = /^([^=]+)=(.*?)(?:,proxy=([^,=]*))?$/.exec(text) ?? []
  if (place === undefined || target === undefined) throw new RangeError(`"${text}" exposes nothing; write ${forms}`)
  const open = /^\d+$/.test(place) ? `tcp:${place}` : place
  return readExposure(proxy === undefined ? { open, target } : { open, target, proxy })
}

/** Formats an exposure so that {@link parseExposure} parses it. */
export function formatExposure({ place, target, proxyHeader }: Exposure): string {
  const where = place.protocol === 'tcp' ? String(place.port) : formatPlace(place)
  return `${where}=${formatTarget(target)}${proxyHeader === undefined ? '' : `,proxy=${proxyHeader}`}`
}

/** Fields of an Expose message (protocol.md §3.7). */
export interface ExposureTexts {
  /** Place to open at the server: `tcp:2222`, `udp:5353`, `http:app.example` or `tls:app.example`. */
  readonly open: string
  /** Target behind the provider: `localhost:22`. */
  readonly target: string
  /** Version of the PROXY protocol, `v1` or `v2`. @default none */
  readonly proxy?: string
}

/** Parses the fields of an Expose message. @throws RangeError naming the value and what is wrong with it */
export function readExposure({ open, target, proxy }: ExposureTexts): Exposure {
  const place = readPlace(open)
  const exposure = { place, target: readTarget(target) }
  if (proxy === undefined) return exposure
  if (!isProxyHeaderVersion(proxy))
    throw new RangeError(`${quote(proxy)} is no version of the PROXY protocol; write v1 or v2`)
  if (place.protocol === 'udp') throw new RangeError('UDP has no PROXY protocol header here')
  return { ...exposure, proxyHeader: proxy }
}

/** Formats an exposure as the fields of an Expose message. */
export function writeExposure({ place, target, proxyHeader }: Exposure): ExposureTexts {
  const texts = { open: formatPlace(place), target: formatTarget(target) }
  return proxyHeader === undefined ? texts : { ...texts, proxy: proxyHeader }
}

/** Parses a place to open, see {@link ExposureTexts.open}. @throws RangeError naming the value */
export function readPlace(open: string): ExposedPlace {
  const [, protocol, digits = ''] = /^(tcp|udp|http|tls):(.+)$/s.exec(open) ?? []
  if (protocol === 'http' || protocol === 'tls') return { protocol, host: readHostName(digits) }
  if (protocol !== 'tcp' && protocol !== 'udp')
    throw new RangeError(`${quote(open)} is nothing to expose; write ${forms}`)
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : Number.NaN
  if (port <= maxPort) return { protocol, port }
  throw new RangeError(`${quote(open)} has no port from 0 to ${maxPort}`)
}

/** Formats a place so that {@link readPlace} parses it. */
export function formatPlace(place: ExposedPlace): string {
  return `${place.protocol}:${'host' in place ? place.host : place.port}`
}

/** Parses a host name to the form in which names are compared. @throws RangeError naming it; for an address too */
export function readHostName(text: string): string {
  const read = parseHostName(text)
  const fault = 'fault' in read ? read.fault : faultOf(read.name)
  if (fault === undefined && 'name' in read) return read.name
  throw new RangeError(`${quote(text)} is no host name: it ${fault}`)
}

function faultOf(name: string): string | undefined {
  if (name.includes('*')) return 'has a "*"'
  return isIP(name) === 0 ? undefined : 'is an address'
}

function readTarget(text: string): CheckedTarget {
  if (text.length > maxTargetCharacters) {
    throw new RangeError(`a target to expose has at most ${maxTargetCharacters} characters, this one ${text.length}`)
  }
  try {
    return readHostPort(text)
  } catch (error) {
    throw new RangeError(`"${text}" is no target to expose: ${textOf(error)}`, { cause: error })
  }
}

/** Quotes a peer's text in an error, shortened: the error is sent back to the peer. */
function quote(text: string): string {
  return text.length > maxShownCharacters ? `"${text.slice(0, maxShownCharacters)}…"` : `"${text}"`
}

const maxPort = 65_535

/** A name has 253 at most, and a port 5. */
const maxTargetCharacters = 300

/** Longer than a port or a version, and enough to recognize another text. */
const maxShownCharacters = 64

const forms = 'PORT=HOST:PORT, udp:PORT=HOST:PORT, http:NAME=HOST:PORT or tls:NAME=HOST:PORT'
