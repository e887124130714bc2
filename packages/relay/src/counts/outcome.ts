import { replyWords } from '@ls/foundation'
import type { Channel, ChannelCloseReason, ForwardedChannel } from '@ls/mux'
import { parseFailure } from '../failure.js'

const outcomes = [
  'ok',
  /** Ended with an error after it was open. */
  'aborted',
  /** Cancelled before the target answered. */
  'cancelled',
  /** Its session ended. */
  'link-lost',
  ...replyWords,
] as const

/** How a channel ended: a word of protocol.md §4, or `ok`, `aborted`, `cancelled`, `link-lost`. */
export type Outcome = (typeof outcomes)[number]

/** Outcome of a channel that has ended. */
export function outcomeOf({ answered }: Pick<Channel, 'answered'>, { kind, error }: ChannelCloseReason): Outcome {
  if (kind === 'session') return 'link-lost'
  if (kind === 'refused') return parseFailure(error).word
  if (!answered) return kind === 'local' && error !== '' ? parseFailure(error).word : 'cancelled'
  return kind === 'ended' || error === '' ? 'ok' : 'aborted'
}

/** Outcome of a forwarded channel. Its end is passed on undecoded, so every end except a refusal counts as `ok`. */
export function outcomeOfForwarded({ refusal }: Pick<ForwardedChannel, 'refusal'>): Outcome {
  return refusal === undefined ? 'ok' : parseFailure(refusal).word
}
