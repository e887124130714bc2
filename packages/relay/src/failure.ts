import { replyForms, replyOfErrno, type ReplyWord, replyWords, textOf } from '@ls/foundation'
import { decodeReplyCode, type ReplyCode } from '@ls/socks5'
import { type Failure, RelayError } from './errors.js'

/** Formats the text of a ConnectResponse or Disconnect: `refused: 10.0.0.1:80 refused the connection`. */
export function formatFailure(failure: Failure): string {
  return `${failure.word}: ${failure.detail}`
}

/** Parses such a text; a text without a known word counts as `failed`. */
export function parseFailure(text: string): Failure {
  const colon = text.indexOf(':')
  const word = replyWords.find((known) => colon === known.length && text.startsWith(known))
  return word === undefined ? { word: 'failed', detail: text } : { word, detail: text.slice(colon + 1).trim() }
}

/** Converts an error of a dial; the detail names `target`. */
export function failureOf(error: unknown, target: string): Failure {
  if (error instanceof RelayError) return error.failure
  const known = replyOfErrno(errorCode(error))
  if (known !== undefined) return { word: known.word, detail: `${target} ${known.text}` }
  return { word: 'failed', detail: `${target}: ${textOf(error)}` }
}

/** SOCKS reply for a failure. */
export function replyOf(word: ReplyWord): ReplyCode {
  return decodeReplyCode(replyForms[word].socks5, 5)
}

/** Errno of an error; of the first cause if Node tried several addresses. */
function errorCode(error: unknown): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors[0])
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : undefined
}
