/** Options of an external service that decides which clients may connect, and to which targets. */
export interface AuthorizeOptions {
  /**
   * URL of the service: `http://…`, `https://…`, or `unix:/path/of.sock`, followed by `:/path` for a path other than
   * `/`.
   */
  readonly url: string
  /** When the service is called. @default 'both' */
  readonly at?: AuthorizeMoment | undefined
  /** Decision when the service does not answer. @default 'refuse' */
  readonly onFailure?: 'refuse' | 'allow' | undefined
  /** Time for an answer, in milliseconds. @default 3000 */
  readonly timeoutMs?: number | undefined
}

/** Event that needs a decision: a client's link, a connection that it requests, or both. */
export type AuthorizeMoment = 'link' | 'connection' | 'both'

/** Question to the service, sent as JSON. */
export interface Question {
  readonly event: 'link' | 'connection'
  readonly token: {
    /** Id as in logs and lists. */
    readonly id: string
    /** Name in its policy. */
    readonly name?: string | undefined
    /** SHA-256 of the SHA-256 in hex: `sha256x2:` without its first part. */
    readonly hash: string
  }
  readonly role: 'client' | 'provider' | 'connector'
  /** Address of the client, without a port. */
  readonly address: string
  /** `host:port`; missing for a link, and for UDP, where each datagram names its own target. */
  readonly target?: string | undefined
  readonly protocol?: 'tcp' | 'udp'
}

/** Decision of the service. */
export interface Verdict {
  readonly allow: boolean
  /** Reason, for the user and the log. */
  readonly reason: string | undefined
  /** How long the answer is valid, in milliseconds. */
  readonly ttlMs: number
}

/** Validity of an answer without `ttlSeconds`: a page opens dozens of connections to one target. */
const defaultTtlSeconds = 30

/** Longest validity of an answer: a day. */
const maxTtlSeconds = 86_400

/** Longest reason, in characters: it is part of answers to users. */
const maxReason = 200

/** Parses an answer. @throws RangeError that says what is wrong */
export function parseVerdict(text: string): Verdict {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch {
    throw new RangeError('the answer is no JSON')
  }
  const { allow, reason, ttlSeconds = defaultTtlSeconds } = (json ?? {}) as Record<string, unknown>
  if (typeof allow !== 'boolean') throw new RangeError('the answer has no "allow" that is true or false')
  if (reason !== undefined && typeof reason !== 'string') throw new RangeError('"reason" in the answer is no text')
  const isTime = typeof ttlSeconds === 'number' && ttlSeconds >= 0 && ttlSeconds <= maxTtlSeconds
  if (!isTime) throw new RangeError(`"ttlSeconds" in the answer is no number from 0 to ${maxTtlSeconds}`)
  return { allow, reason: reason?.slice(0, maxReason), ttlMs: ttlSeconds * 1000 }
}
