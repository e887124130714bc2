/** A service that decides who may come in, and where to. */
export interface AuthorizeOptions {
  /** `http://…`, `https://…`, or `unix:/path/of.sock`, with `:/path` behind it for another path than `/`. */
  readonly url: string
  /** When it is asked. @default 'both' */
  readonly at?: AuthorizeMoment | undefined
  /** What happens when there is no answer. @default 'refuse' */
  readonly onFailure?: 'refuse' | 'allow' | undefined
  /** Time for an answer, in milliseconds. @default 3000 */
  readonly timeoutMs?: number | undefined
}

/** A client's link, a connection that it asks for, or both. */
export type AuthorizeMoment = 'link' | 'connection' | 'both'

/** What the service is asked, as JSON. */
export interface Question {
  readonly event: 'link' | 'connection'
  readonly token: {
    /** As in logs and lists. */
    readonly id: string
    /** Of its policy. */
    readonly name?: string
    /** SHA-256 of the SHA-256 in hex: `sha256x2:` without its first part. */
    readonly hash: string
  }
  readonly role: 'client' | 'provider' | 'connector'
  /** Of the client, without a port. */
  readonly address: string
  /** `host:port`; not for a link, nor for UDP, where each datagram names its own. */
  readonly target?: string
  readonly protocol?: 'tcp' | 'udp'
}

/** What the service says. */
export interface Verdict {
  readonly allow: boolean
  /** For the user and the log. */
  readonly reason: string | undefined
  /** How long the answer holds, in milliseconds. */
  readonly ttlMs: number
}

/** An answer without `ttlSeconds` holds for so long: a page opens dozens of connections to one target. */
const defaultTtlSeconds = 30

/** A day; longer answers would outlive what they are about. */
const maxTtlSeconds = 86_400

/** Longest reason: it passes through answers to users. In characters. */
const maxReason = 200

/** Reads an answer. @throws RangeError that says what is wrong */
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
