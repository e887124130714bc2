import type { FailureCode } from '../reply.js'
import { SocksError } from '../errors.js'

/**
 * The precise reply for an error of `net.connect`, `dns.lookup` or this package's `connect`; `failed` where it tells
 * nothing.
 */
export function replyForError(error: unknown): FailureCode {
  if (error instanceof SocksError) return replyForSocksError(error)
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return (typeof code === 'string' ? repliesByErrno.get(code) : undefined) ?? 'failed'
}

function replyForSocksError({ code, reply, cause }: SocksError): FailureCode {
  if (reply !== undefined && reply !== 'succeeded') return reply
  if (code === 'ERR_SOCKS_TIMEOUT') return 'timeout'
  if (code === 'ERR_SOCKS_ADDRESS_TYPE') return 'address-unsupported'
  return cause === undefined ? 'failed' : replyForError(cause)
}

const repliesByErrno: ReadonlyMap<string, FailureCode> = new Map<string, FailureCode>([
  ['ECONNREFUSED', 'refused'],
  ['ECONNRESET', 'refused'],
  ['EHOSTUNREACH', 'host-unreachable'],
  ['EHOSTDOWN', 'host-unreachable'],
  ['ENOTFOUND', 'host-unreachable'],
  ['EAI_AGAIN', 'host-unreachable'],
  ['ENETUNREACH', 'network-unreachable'],
  ['ENETDOWN', 'network-unreachable'],
  ['ETIMEDOUT', 'timeout'],
  ['EACCES', 'forbidden'],
  ['EPERM', 'forbidden'],
  ['EAFNOSUPPORT', 'address-unsupported'],
])
