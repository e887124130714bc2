/**
 * Why a target was not reached, as protocol.md §4 words it, with what HTTP says instead: a status, and the error type of
 * the Proxy-Status field (RFC 9209 §2.3), which lets the next proxy towards the user be as precise as we are.
 */
const outcomes = {
  refused: { status: 502, type: 'connection_refused' },
  'host-unreachable': { status: 502, type: 'destination_ip_unroutable' },
  'network-unreachable': { status: 502, type: 'destination_ip_unroutable' },
  timeout: { status: 504, type: 'connection_timeout' },
  dns: { status: 502, type: 'dns_error' },
  forbidden: { status: 403, type: 'http_request_denied' },
  'no-provider': { status: 503, type: 'destination_unavailable' },
  busy: { status: 503, type: 'connection_limit_reached' },
  failed: { status: 502, type: 'proxy_internal_error' },
} as const

/** Why a target was not reached (protocol.md §4). */
export type ReplyWord = keyof typeof outcomes

/** The HTTP status that a word stands for. */
export function statusOfReply(word: ReplyWord): number {
  return outcomes[word].status
}

/**
 * The word for whatever a dial rejected with: its own `reply`, else what its system error code says, else that of its
 * `cause`, else `failed`.
 */
export function replyOf(error: unknown): ReplyWord {
  return findReply(error) ?? (error instanceof Error ? findReply(error.cause) : undefined) ?? 'failed'
}

/** The Proxy-Status field for a word; `details` tells apart what the error types of the RFC throw together. */
export function formatProxyStatus(word: ReplyWord): string {
  return `proxy; error=${outcomes[word].type}; details="${word}"`
}

/** The word behind a proxy's refusal: from its Proxy-Status field where it sent one, else from the status alone. */
export function replyOfResponse(status: number, proxyStatus: string | undefined): ReplyWord {
  return (proxyStatus === undefined ? undefined : parseProxyStatus(proxyStatus)) ?? wordOfStatus[status] ?? 'failed'
}

const wordOfStatus: Readonly<Record<number, ReplyWord>> = {
  401: 'forbidden',
  403: 'forbidden',
  407: 'forbidden',
  503: 'no-provider',
  504: 'timeout',
}

const wordOfErrorCode: Readonly<Record<string, ReplyWord>> = {
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'host-unreachable',
  EHOSTDOWN: 'host-unreachable',
  ENETUNREACH: 'network-unreachable',
  ENETDOWN: 'network-unreachable',
  ETIMEDOUT: 'timeout',
  ENOTFOUND: 'dns',
  EAI_AGAIN: 'dns',
  EAI_FAIL: 'dns',
  ENODATA: 'dns',
  ESERVFAIL: 'dns',
}

function findReply(error: unknown): ReplyWord | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { reply, code, name } = error as { reply?: unknown; code?: unknown; name?: unknown }
  if (isReplyWord(reply)) return reply
  if (name === 'TimeoutError') return 'timeout'
  return typeof code === 'string'
    ? Object.hasOwn(wordOfErrorCode, code)
      ? wordOfErrorCode[code]
      : undefined
    : undefined
}

function parseProxyStatus(field: string): ReplyWord | undefined {
  const details = /;\s*details="(?<word>[a-z-]+)"/.exec(field)?.groups?.['word']
  if (isReplyWord(details)) return details
  const type = /;\s*error=(?<type>[a-z_]+)/.exec(field)?.groups?.['type']
  if (type === undefined) return undefined
  if (type === 'dns_timeout' || type === 'destination_not_found') return 'dns'
  if (type === 'destination_ip_prohibited') return 'forbidden'
  return words.find((word) => outcomes[word].type === type)
}

const words = Object.keys(outcomes) as ReplyWord[]

function isReplyWord(value: unknown): value is ReplyWord {
  return typeof value === 'string' && Object.hasOwn(outcomes, value)
}
