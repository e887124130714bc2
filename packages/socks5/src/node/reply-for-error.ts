import { replyForms, replyOfErrno } from '@ls/foundation'
import { SocksError } from '../errors.js'
import { decodeReplyCode, type FailureCode } from '../reply.js'

/**
 * Returns the reply for an error of `net.connect`, `dns.lookup` or this package's `connect`; `failed` for an unknown
 * error.
 */
export function replyForError(error: unknown): FailureCode {
  if (error instanceof SocksError) return replyForSocksError(error)
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return replyForErrno(code) ?? 'failed'
}

function replyForSocksError({ code, reply, cause }: SocksError): FailureCode {
  if (reply !== undefined && reply !== 'succeeded') return reply
  if (code === 'ERR_SOCKS_TIMEOUT') return 'timeout'
  if (code === 'ERR_SOCKS_ADDRESS_TYPE') return 'address-unsupported'
  return cause === undefined ? 'failed' : replyForError(cause)
}

function replyForErrno(code: unknown): FailureCode | undefined {
  if (code === 'EAFNOSUPPORT') return 'address-unsupported'
  const known = replyOfErrno(code)
  if (known === undefined) return undefined
  const reply = decodeReplyCode(replyForms[known.word].socks5, 5)
  return reply === 'succeeded' ? 'failed' : reply
}
