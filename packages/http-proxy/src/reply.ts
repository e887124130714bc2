import { isReplyWord, replyForms, replyOfErrno, type ReplyWord, replyWords } from '@ls/foundation'

/** Returns the HTTP status of a word. */
export function statusOfReply(word: ReplyWord): number {
  return replyForms[word].status
}

/**
 * Returns the word for a dial's rejection: the word itself, else its own `reply`, else that of its system error code,
 * else that of its `cause`, else `failed`.
 */
export function replyForError(error: unknown): ReplyWord {
  return findReply(error) ?? (error instanceof Error ? findReply(error.cause) : undefined) ?? 'failed'
}

/** Returns the Proxy-Status field for a word; `details` distinguishes words that share an error type of the RFC. */
export function formatProxyStatus(word: ReplyWord): string {
  return `proxy; error=${replyForms[word].errorType}; details="${word}"`
}

/** Returns the word of a proxy's refusal: from its Proxy-Status field, else from the status. */
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

function findReply(error: unknown): ReplyWord | undefined {
  if (isReplyWord(error)) return error
  if (typeof error !== 'object' || error === null) return undefined
  const { reply, code, name } = error as { reply?: unknown; code?: unknown; name?: unknown }
  if (isReplyWord(reply)) return reply
  if (name === 'TimeoutError') return 'timeout'
  return replyOfErrno(code)?.word
}

function parseProxyStatus(field: string): ReplyWord | undefined {
  const details = /;\s*details="(?<word>[a-z-]+)"/.exec(field)?.groups?.['word']
  if (isReplyWord(details)) return details
  const type = /;\s*error=(?<type>[a-z_]+)/.exec(field)?.groups?.['type']
  if (type === undefined) return undefined
  if (type === 'dns_timeout' || type === 'destination_not_found') return 'dns'
  if (type === 'destination_ip_prohibited') return 'forbidden'
  return replyWords.find((word) => replyForms[word].errorType === type)
}
