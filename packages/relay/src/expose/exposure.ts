import { textOf } from '@ls/foundation'
import { parseHostName } from '../address/host-name.js'
import { formatTarget, readHostPort, type Target } from '../target.js'
import { isProxyHeaderVersion, type ProxyHeaderVersion } from '../upstream/proxy-header.js'

/** What a server opens for a provider, and where it leads in the provider's network. */
export interface Exposure {
  /** What the server opens. */
  readonly place: ExposedPlace
  /** Where its connections lead. */
  readonly target: Target
  /** Begins each connection with a PROXY protocol header of this version. @default none */
  readonly proxyHeader?: ProxyHeaderVersion
}

/** A port of its own, or a name on the server's shared port. */
export type ExposedPlace = ExposedPort | ExposedName

/** A port of its own. */
export interface ExposedPort {
  readonly protocol: 'tcp' | 'udp'
  /** 0 for any free one. */
  readonly port: number
}

/** A name on the shared port: by the Host of HTTP, or by the server name of TLS, which is passed on as it is. */
export interface ExposedName {
  readonly protocol: 'http' | 'tls'
  /** In lower case. */
  readonly name: string
}

/**
 * Reads `2222=localhost:22`, `udp:5353=localhost:53`, `http:app.example=localhost:3000` or
 * `tls:app.example=localhost:443`; `,proxy=v1` or `,proxy=v2` may follow.
 *
 * @throws RangeError naming the value and what is wrong with it
 */
export function parseExposure(text: string): Exposure {
  const [, place, target, proxy] = /^([^=]+)=(.*?)(?:,proxy=([^,=]*))?$/.exec(text) ?? []
  if (place === undefined || target === undefined) throw new RangeError(`"${text}" exposes nothing; write ${forms}`)
  const open = /^\d+$/.test(place) ? `tcp:${place}` : place
  return readExposure(proxy === undefined ? { open, target } : { open, target, proxy })
}

/** Formats an exposure so that {@link parseExposure} reads it. */
export function formatExposure({ place, target, proxyHeader }: Exposure): string {
  const where = place.protocol === 'tcp' ? String(place.port) : formatPlace(place)
  return `${where}=${formatTarget(target)}${proxyHeader === undefined ? '' : `,proxy=${proxyHeader}`}`
}

/** The fields of an Expose message (protocol.md §3.7). */
export interface ExposureTexts {
  readonly open: string
  readonly target: string
  readonly proxy?: string
}

/** Reads the fields of an Expose message. @throws RangeError naming the value and what is wrong with it */
export function readExposure({ open, target, proxy }: ExposureTexts): Exposure {
  const place = readPlace(open)
  const exposure = { place, target: readTarget(target) }
  if (proxy === undefined) return exposure
  if (!isProxyHeaderVersion(proxy))
    throw new RangeError(`"${proxy}" is no version of the PROXY protocol; write v1 or v2`)
  if (place.protocol === 'udp') throw new RangeError('UDP has no PROXY protocol header here')
  return { ...exposure, proxyHeader: proxy }
}

/** The fields of an Expose message. */
export function writeExposure({ place, target, proxyHeader }: Exposure): ExposureTexts {
  const texts = { open: formatPlace(place), target: formatTarget(target) }
  return proxyHeader === undefined ? texts : { ...texts, proxy: proxyHeader }
}

/** Reads what a server opens: `tcp:2222`, `udp:5353`, `http:app.example`, `tls:app.example`. @throws RangeError */
export function readPlace(open: string): ExposedPlace {
  const [, protocol = '', rest = ''] = /^(tcp|udp|http|tls):(.+)$/.exec(open) ?? []
  if (protocol === 'tcp' || protocol === 'udp') return { protocol, port: readPort(open, rest) }
  if (protocol === 'http' || protocol === 'tls') return { protocol, name: readName(open, rest) }
  throw new RangeError(`"${open}" is nothing to expose; write ${forms}`)
}

/** Writes what a server opens, so that {@link readPlace} reads it. */
export function formatPlace(place: ExposedPlace): string {
  return `${place.protocol}:${'port' in place ? place.port : place.name}`
}

function readPort(open: string, digits: string): number {
  const port = /^\d{1,5}$/.test(digits) ? Number(digits) : Number.NaN
  if (port <= maxPort) return port
  throw new RangeError(`"${open}" has no port from 0 to ${maxPort}`)
}

function readName(open: string, text: string): string {
  const read = parseHostName(text)
  if ('name' in read) return read.name
  throw new RangeError(`"${open}" ${read.fault}`)
}

function readTarget(text: string): Target {
  try {
    return readHostPort(text)
  } catch (error) {
    throw new RangeError(`"${text}" is no target to expose: ${textOf(error)}`, { cause: error })
  }
}

const maxPort = 65_535
const forms = 'PORT=HOST:PORT, udp:PORT=HOST:PORT, http:NAME=HOST:PORT or tls:NAME=HOST:PORT'
