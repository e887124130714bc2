import type { ReplyCode } from '@ls/socks5'
import { RelayError } from './errors.js'

/** The words that begin the text of a failed ConnectResponse (protocol.md §4). */
export const failureWords = [
  'refused',
  'host-unreachable',
  'network-unreachable',
  'timeout',
  'dns',
  'forbidden',
  'no-provider',
  'busy',
  'failed',
] as const

export type FailureWord = (typeof failureWords)[number]

/** Why a target was not reached, as both ends and the proxy client should learn it. */
export interface Failure {
  readonly word: FailureWord
  readonly detail: string
}

/** Makes the text of a ConnectResponse or Disconnect: `refused: 10.0.0.1:80 refused the connection`. */
export function formatFailure(failure: Failure): string {
  return `${failure.word}: ${failure.detail}`
}

/** Reads such a text; one without a known word counts as `failed`. */
export function parseFailure(text: string): Failure {
  const colon = text.indexOf(':')
  const word = failureWords.find((known) => colon === known.length && text.startsWith(known))
  return word === undefined ? { word: 'failed', detail: text } : { word, detail: text.slice(colon + 1).trim() }
}

/** Turns what dialling threw into words; `target` is named in the detail. */
export function failureOf(error: unknown, target: string): Failure {
  if (error instanceof RelayError) return error.failure
  const code = errorCode(error)
  const known = code === undefined ? undefined : wordsByErrno[code]
  if (known !== undefined) return { word: known[0], detail: `${target} ${known[1]}` }
  return { word: 'failed', detail: `${target}: ${error instanceof Error ? error.message : String(error)}` }
}

/** The SOCKS reply of a failure. The documents give 0x04 for a target that failed for a reason nobody named. */
export function replyOf(word: FailureWord): ReplyCode {
  return repliesByWord[word]
}

const repliesByWord: Record<FailureWord, ReplyCode> = {
  refused: 'refused',
  'host-unreachable': 'host-unreachable',
  'network-unreachable': 'network-unreachable',
  timeout: 'timeout',
  dns: 'host-unreachable',
  forbidden: 'forbidden',
  'no-provider': 'network-unreachable',
  busy: 'failed',
  failed: 'host-unreachable',
}

const wordsByErrno: Record<string, readonly [FailureWord, string]> = {
  ECONNREFUSED: ['refused', 'refused the connection'],
  EHOSTUNREACH: ['host-unreachable', 'is unreachable'],
  EHOSTDOWN: ['host-unreachable', 'is down'],
  ENETUNREACH: ['network-unreachable', 'is in a network that is unreachable'],
  ENETDOWN: ['network-unreachable', 'is in a network that is down'],
  EADDRNOTAVAIL: ['network-unreachable', 'cannot be reached from any local address'],
  ETIMEDOUT: ['timeout', 'did not answer in time'],
  ENOTFOUND: ['dns', 'does not resolve'],
  EAI_AGAIN: ['dns', 'could not be resolved now'],
  EAI_NONAME: ['dns', 'does not resolve'],
  EAI_NODATA: ['dns', 'has no address'],
  EAI_FAIL: ['dns', 'could not be resolved'],
}

/** The errno of an error; of the first cause where Node tried several addresses. */
function errorCode(error: unknown): string | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors[0])
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : undefined
}
