/**
 * Why a channel is gone.
 *
 * - `ended`: both directions ended, or the peer disconnected without an error
 * - `refused`: the peer answered Connect with a failure, or not in time
 * - `aborted`: the peer disconnected with an error, or broke the protocol
 * - `local`: our side disconnected or aborted it
 * - `session`: the session below it is over
 */
export type ChannelCloseKind = 'ended' | 'refused' | 'aborted' | 'local' | 'session'

/** What a channel gives its handler when it is gone. */
export interface ChannelCloseReason {
  /** Who or what ended it. */
  readonly kind: ChannelCloseKind
  /** The peer's words or ours; begins with a word of protocol.md §4 where one is known. Empty for a plain end. */
  readonly error: string
}

export const plainEnd: ChannelCloseReason = { kind: 'ended', error: '' }

/**
 * Why a channel ends whose peer sent Disconnect with the text `error`; `isRefusal`: instead of an answer to Connect.
 */
export function reasonOfDisconnect(error: string, isRefusal: boolean): ChannelCloseReason {
  if (isRefusal) return { kind: 'refused', error: isPlainEnd(error) ? 'failed: the peer closed the channel' : error }
  return isPlainEnd(error) ? plainEnd : { kind: 'aborted', error }
}

/** Deployed peers name Go's end-of-file error in a Disconnect that reports no error. */
function isPlainEnd(error: string): boolean {
  return error === '' || error === 'EOF'
}
