import { isIP } from 'node:net'
import { formatHostPort, maxPort, type Target } from '@ls/foundation'

/** Most places of a peer that are dialled: a peer must not make us search a network. */
export const maxPlaces = 8

/** What an end tells the peer about its TCP port (protocol.md §3.10). */
export interface Invitation {
  /** 32 hexadecimal digits, by which the port recognizes the guest. */
  readonly id: string
  /** Key of TLS for this guest, 32 bytes. The server sees it; what keeps the server out is the proof of the session. */
  readonly secret: Buffer
  /** Addresses and ports; empty for an end that only dials. */
  readonly places: readonly Target[]
}

/** Adds the invitation to a description, as an attribute that ends without TCP paths ignore (RFC 8866 §5.13). */
export function withInvitation(sdp: string, { id, secret, places }: Invitation): string {
  const words = [id, secret.toString('hex'), ...places.map(({ host, port }) => formatHostPort(host, port))]
  return `${sdp}${attribute}${words.join(' ')}\r\n`
}

/** A description without the invitation in it. */
export interface SplitInvitation {
  readonly sdp: string
  /** Undefined in the description of an end that has no TCP paths, or one that is not valid. */
  readonly invitation: Invitation | undefined
}

/** Takes the invitation out of a description, with at most {@link maxPlaces} places. */
export function splitInvitation(description: string): SplitInvitation {
  const start = description.lastIndexOf(attribute)
  if (start === -1) return { sdp: description, invitation: undefined }
  const line = /^[^\r\n]*\r?\n?/.exec(description.slice(start))![0]
  const sdp = description.slice(0, start) + description.slice(start + line.length)
  return { sdp, invitation: readInvitation(line.slice(attribute.length).trimEnd()) }
}

const attribute = 'a=linksocks-tcp:'

function readInvitation(text: string): Invitation | undefined {
  const [id = '', secret = '', ...places] = text.split(' ')
  if (!/^[0-9a-f]{32}$/.test(id) || !/^[0-9a-f]{64}$/.test(secret)) return undefined
  const known = places.slice(0, maxPlaces).flatMap((place) => readPlace(place) ?? [])
  return { id, secret: Buffer.from(secret, 'hex'), places: known }
}

/** Reads `address:port`. A name would be a question to the DNS server of this machine, so there are none. */
function readPlace(text: string): Target | undefined {
  const { 1: ipv4, 2: ipv6, 3: digits } = /^(?:([0-9.]+)|\[([0-9A-Fa-f:.]+)\]):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  const isPort = port >= 1 && port <= maxPort
  if (ipv4 !== undefined && isIP(ipv4) === 4 && isPort) return { host: ipv4, port }
  return ipv6 !== undefined && isIP(ipv6) === 6 && isPort ? { host: ipv6, port } : undefined
}
