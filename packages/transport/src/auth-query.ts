import { createHash } from 'node:crypto'
import { channelIdBytes, type Extension, formatChannelId, knownExtensions, parseUuid } from '@ls/codec'

/** Parameters of a client in the URL (protocol.md §1 and §3). */
export interface AuthQuery {
  /** The token; only its hash is written into the URL. Absent: authentication by message. */
  readonly token?: string | undefined
  /** Whether this client is a provider. Only with `token`. */
  readonly reverse?: boolean | undefined
  /** 16 bytes that name the client process. Only with `token`. */
  readonly instance?: Uint8Array | undefined
  /** Extensions that the client supports. */
  readonly extensions?: readonly Extension[] | undefined
  /** 16 bytes: id of the session to resume. */
  readonly resume?: Uint8Array | undefined
}

/** Parameters that a server reads from the query of an upgrade. */
export interface ParsedAuthQuery {
  /** 64 lowercase hex digits; undefined for none, or a malformed one. */
  readonly tokenHash: string | undefined
  /** Whether `token=` is present but is no SHA-256 in hex: to be refused with `invalid token format`. */
  readonly malformedToken: boolean
  /** Whether the client requests to be a provider: `reverse=true`, in upper or lower case. */
  readonly reverse: boolean
  /** 16 bytes that name the client process; undefined where there is no UUID. */
  readonly instance: Uint8Array | undefined
  /** Extensions that this version supports. */
  readonly extensions: readonly Extension[]
  /** 16 bytes: id of the session to resume (protocol.md §3.5); undefined where there is no UUID. */
  readonly resume: Uint8Array | undefined
}

const hash = /^[0-9a-f]{64}$/i

/** Returns the SHA-256 of a token in lowercase hex. It opens a link just as the token does, so never log it. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/**
 * Adds to the URL the query that opens a link; existing parameters stay.
 *
 * @throws RangeError when `instance` or `resume` is not 16 bytes.
 */
export function formatAuthQuery(url: URL, auth: AuthQuery): URL {
  const result = new URL(url)
  const { searchParams } = result
  if (auth.token !== undefined) {
    searchParams.set('token', hashToken(auth.token))
    searchParams.set('reverse', String(auth.reverse ?? false))
    if (auth.instance !== undefined) searchParams.set('instance', formatUuid('instance', auth.instance))
  }
  if (auth.extensions !== undefined && auth.extensions.length > 0) {
    searchParams.set('ext', auth.extensions.join(','))
  }
  if (auth.resume !== undefined) searchParams.set('resume', formatUuid('resume', auth.resume))
  return result
}

/** Reads the query of {@link formatAuthQuery} and of deployed clients. Malformed parts count as absent. */
export function parseAuthQuery(query: URLSearchParams): ParsedAuthQuery {
  const token = query.get('token')
  const offered = new Set(query.get('ext')?.split(','))
  return {
    tokenHash: token !== null && hash.test(token) ? token.toLowerCase() : undefined,
    malformedToken: token !== null && !hash.test(token),
    reverse: query.get('reverse')?.toLowerCase() === 'true',
    instance: parseUuid(query.get('instance') ?? ''),
    extensions: knownExtensions.filter((extension) => offered.has(extension)),
    resume: parseUuid(query.get('resume') ?? ''),
  }
}

function formatUuid(name: string, bytes: Uint8Array): string {
  if (bytes.length === channelIdBytes) return formatChannelId(bytes)
  throw new RangeError(`${name} must be ${channelIdBytes} bytes, got ${bytes.length}`)
}
