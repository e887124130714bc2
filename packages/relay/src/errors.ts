import type { ReplyWord } from '@ls/foundation'

/** Reason why a target was not reached, for both ends and the proxy client. */
export interface Failure {
  /** Reply word, sent to the proxy client (protocol.md §4). */
  readonly word: ReplyWord
  /** Detail for the log. */
  readonly detail: string
  /** Whether the guard closed the target: the owner of this end may not know of it. @default false */
  readonly byGuard?: boolean
}

/** A failure as an error; `code` contains the word. */
export class RelayError extends Error {
  override readonly name = 'RelayError'
  /** Stable error code; the text may change. */
  readonly code: RelayErrorCode
  /** The failure to report to the proxy client. */
  readonly failure: Failure
  /** Reply word, under the name that the HTTP proxy reads. */
  readonly reply: ReplyWord

  constructor(failure: Failure, options?: ErrorOptions) {
    super(`${failure.word}: ${failure.detail}`, options)
    this.reply = failure.word
    this.code = codesByWord[failure.word]
    this.failure = failure
  }
}

/** Codes of {@link RelayError}; each has a heading in docs/errors.md. */
export type RelayErrorCode =
  | 'ERR_RELAY_REFUSED'
  | 'ERR_RELAY_HOST_UNREACHABLE'
  | 'ERR_RELAY_NETWORK_UNREACHABLE'
  | 'ERR_RELAY_TIMEOUT'
  | 'ERR_RELAY_DNS'
  | 'ERR_RELAY_FORBIDDEN'
  | 'ERR_RELAY_NO_PROVIDER'
  | 'ERR_RELAY_BUSY'
  | 'ERR_RELAY_FAILED'

const codesByWord: Record<ReplyWord, RelayErrorCode> = {
  refused: 'ERR_RELAY_REFUSED',
  'host-unreachable': 'ERR_RELAY_HOST_UNREACHABLE',
  'network-unreachable': 'ERR_RELAY_NETWORK_UNREACHABLE',
  timeout: 'ERR_RELAY_TIMEOUT',
  dns: 'ERR_RELAY_DNS',
  forbidden: 'ERR_RELAY_FORBIDDEN',
  'no-provider': 'ERR_RELAY_NO_PROVIDER',
  busy: 'ERR_RELAY_BUSY',
  failed: 'ERR_RELAY_FAILED',
}
