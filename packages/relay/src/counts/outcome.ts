import { replyWords } from '@ls/foundation'
import type { Channel, ChannelCloseReason, ForwardedChannel } from '@ls/mux'
import { parseFailure } from '../failure.js'

const outcomes = [
  'ok',
  /** Ended with an error after it was open. */
  'aborted',
  /** Given up before the target answered. */
  'cancelled',
  /** Its session ended. */
  'link-lost',
  ...replyWords,
] as const

/** How a channel ended: a word of protocol.md §4, or `ok`, `aborted`, `cancelled`, `link-lost`. */
export type Outcome = (typeof outcomes)[number]

/** The outcome of a channel that is over. */
export function outcomeOf({ answered }: Pick<Channel, 'answered'>, { kind, error }: ChannelCloseReason): Outcome {
  if (kind === 'session') return 'link-lost'
  if (kind === 'refused') return parseFailure(error).word
  if (!answered) return kind === 'local' && error !== '' ? parseFailure(error).word : 'cancelled'
  return kind === 'ended' || error === '' ? 'ok' : 'aborted'
}

/** The outcome of a forwarded channel; its end is passed on undecoded, so only a refusal is told from `ok`. */
export function outcomeOfForwarded({ refusal }: Pick<ForwardedChannel, 'refusal'>): Outcome {
  return refusal === undefined ? 'ok' : parseFailure(refusal).word
}
