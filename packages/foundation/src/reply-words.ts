/** Forms of one word for a failed dial, in each proxy protocol. */
interface ReplyForms {
  /** RFC 1928 §6. */
  readonly socks5: number
  /** SOCKS4 has only success and failure. */
  readonly socks4: number
  /** HTTP status (RFC 9110 §15). */
  readonly status: number
  /** Error type of the Proxy-Status field (RFC 9209 §2.3). */
  readonly errorType: string
  /** System errors with this meaning, each with a text about the target. */
  readonly errnos: Readonly<Record<string, string>>
}

/**
 * Reasons for a failed dial: the words of spec/protocol.md §4, and the only table that maps them to other protocols.
 * The protocol uses SOCKS5's 0x04 for a target that failed for an unknown reason.
 */
export const replyForms = {
  refused: {
    socks5: 0x05,
    socks4: 0x5b,
    status: 502,
    errorType: 'connection_refused',
    errnos: { ECONNREFUSED: 'refused the connection', ECONNRESET: 'reset the connection' },
  },
  'host-unreachable': {
    socks5: 0x04,
    socks4: 0x5b,
    status: 502,
    errorType: 'destination_ip_unroutable',
    errnos: { EHOSTUNREACH: 'is unreachable', EHOSTDOWN: 'is down' },
  },
  'network-unreachable': {
    socks5: 0x03,
    socks4: 0x5b,
    status: 502,
    errorType: 'destination_ip_unroutable',
    errnos: {
      ENETUNREACH: 'is in a network that is unreachable',
      ENETDOWN: 'is in a network that is down',
      EADDRNOTAVAIL: 'cannot be reached from any local address',
      EAFNOSUPPORT: 'has an address of a family that this machine does not have',
    },
  },
  timeout: {
    socks5: 0x06,
    socks4: 0x5b,
    status: 504,
    errorType: 'connection_timeout',
    errnos: { ETIMEDOUT: 'did not answer in time' },
  },
  dns: {
    socks5: 0x04,
    socks4: 0x5b,
    status: 502,
    errorType: 'dns_error',
    errnos: {
      ENOTFOUND: 'does not resolve',
      EAI_AGAIN: 'could not be resolved now',
      EAI_NONAME: 'does not resolve',
      EAI_NODATA: 'has no address',
      EAI_FAIL: 'could not be resolved',
      ENODATA: 'has no address',
      ESERVFAIL: 'could not be resolved',
    },
  },
  forbidden: {
    socks5: 0x02,
    socks4: 0x5b,
    status: 403,
    errorType: 'http_request_denied',
    errnos: { EACCES: 'must not be reached, says this system', EPERM: 'must not be reached, says this system' },
  },
  'no-provider': { socks5: 0x03, socks4: 0x5b, status: 503, errorType: 'destination_unavailable', errnos: {} },
  busy: { socks5: 0x01, socks4: 0x5b, status: 503, errorType: 'connection_limit_reached', errnos: {} },
  failed: { socks5: 0x04, socks4: 0x5b, status: 502, errorType: 'proxy_internal_error', errnos: {} },
} as const satisfies Readonly<Record<string, ReplyForms>>

/** Reason for a failed dial (spec/protocol.md §4). */
export type ReplyWord = keyof typeof replyForms

/** All reply words, in the order of the table. */
export const replyWords = Object.keys(replyForms) as readonly ReplyWord[]

/** Whether a value from a peer or another source is one of {@link replyWords}. */
export function isReplyWord(value: unknown): value is ReplyWord {
  return typeof value === 'string' && Object.hasOwn(replyForms, value)
}

/** Returns the word and text for a system error code such as `ECONNREFUSED`; undefined for an unknown code. */
export function replyOfErrno(code: unknown): { readonly word: ReplyWord; readonly text: string } | undefined {
  return typeof code === 'string' ? byErrno.get(code) : undefined
}

const byErrno = new Map(
  replyWords.flatMap((word) =>
    Object.entries(replyForms[word].errnos).map(([code, text]: [string, string]) => [code, { word, text }] as const),
  ),
)
