import { isIP } from 'node:net'
import { type DirectMessage, MessageType } from '@ls/codec'

/** Address at which a process may be reached. */
export interface Candidate {
  readonly addr: string
  readonly port: number
  /** `host`: of a network interface. `srflx`: as a NAT shows it. */
  readonly kind: 'host' | 'srflx'
}

/** A process and how to reach it. */
export interface Announcement {
  readonly id: string
  readonly candidates: readonly Candidate[]
  readonly publicKey: Buffer
}

/** Most addresses of a peer that are tried: each gets a packet every 120 ms. */
const maxCandidates = 16

/** Version in announcements: channels stay on the path where they began. */
const protocolVersion = 1

/** Makes DirectCapabilities, which a server passes to possible peers. */
export function capabilitiesOf({ id, candidates, publicKey }: Announcement): DirectMessage {
  const json = { session_id: id, candidates, discoveries: ['stun'], ...shared(publicKey), [mark]: true }
  return { type: MessageType.DirectCapabilities, json }
}

/** Makes DirectRendezvous: the answer to an announcement. */
export function rendezvousOf({ id, candidates, publicKey }: Announcement, peerId: string): DirectMessage {
  const json = { session_id: peerId, remote_session_id: id, candidates, ...shared(publicKey), [mark]: true }
  return { type: MessageType.DirectRendezvous, json }
}

/** Makes DirectStatus. */
export function statusOf(pairId: string, status: 'probing' | 'ready' | 'failed', reason?: string): DirectMessage {
  return { type: MessageType.DirectStatus, json: { session_id: pairId, status, metrics: { reason } } }
}

function shared(publicKey: Buffer): object {
  return { public_key: publicKey.toString('base64'), protocol_version: protocolVersion }
}

/** Field that marks announcements of this project, whose programs negotiate with each other in another way. */
const mark = 'linksocks_ts'

/**
 * Reads DirectCapabilities, or DirectRendezvous that is meant for `ownId`. Undefined for other messages, and for what
 * is not valid: a peer must not end a link.
 */
export function readAnnouncement({ type, json }: DirectMessage, ownId: string): Announcement | undefined {
  if (typeof json !== 'object' || json === null) return undefined
  const body = json as Readonly<Record<string, unknown>>
  if (type === MessageType.DirectStatus || body[mark] !== undefined) return undefined
  const isForUs = type === MessageType.DirectCapabilities || body['session_id'] === ownId
  const id = type === MessageType.DirectCapabilities ? body['session_id'] : body['remote_session_id']
  const publicKey = typeof body['public_key'] === 'string' ? Buffer.from(body['public_key'], 'base64') : undefined
  if (!isForUs || typeof id !== 'string' || !isUuid.test(id) || publicKey?.length !== 32) return undefined
  return { id, publicKey, candidates: candidatesOf(body['candidates']) }
}

const isUuid = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i

function candidatesOf(value: unknown): Candidate[] {
  if (!Array.isArray(value)) return []
  return value.filter(isCandidate).slice(0, maxCandidates)
}

/** Addresses only: a name would have to be looked up, and a zone belongs to another machine. */
function isCandidate(value: unknown): value is Candidate {
  if (typeof value !== 'object' || value === null) return false
  const { addr, port } = value as Readonly<Record<string, unknown>>
  const isPort = Number.isInteger(port) && (port as number) > 0 && (port as number) <= 65_535
  return isPort && typeof addr === 'string' && isIP(addr) !== 0 && !addr.includes('%')
}
