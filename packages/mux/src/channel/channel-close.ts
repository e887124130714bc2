/**
 * Cause of a channel's end.
 *
 * - `ended`: both directions ended, or the peer disconnected without an error
 * - `refused`: the peer answered Connect with a failure, or not in time
 * - `aborted`: the peer disconnected with an error, or broke the protocol
 * - `local`: our side disconnected or aborted it
 * - `session`: the session below it is over
 */
export type ChannelCloseKind = 'ended' | 'refused' | 'aborted' | 'local' | 'session'

/** Reason for a channel's end, as its handler receives it. */
export interface ChannelCloseReason {
  /** Side or event that ended it. */
  readonly kind: ChannelCloseKind
  /**
   * Error text of the peer or of this side; begins with a word of protocol.md §4 where one is known. Empty for a normal
   * end.
   */
  readonly error: string
}

export const plainEnd: ChannelCloseReason = { kind: 'ended', error: '' }

/**
 * Returns the close reason for a Disconnect of the peer with the text `error`; `isRefusal`: it arrived instead of an
 * answer to Connect.
 */
export function reasonOfDisconnect(error: string, isRefusal: boolean): ChannelCloseReason {
  if (isRefusal) return { kind: 'refused', error: isPlainEnd(error) ? 'failed: the peer closed the channel' : error }
  return isPlainEnd(error) ? plainEnd : { kind: 'aborted', error }
}

/**
 * Whether `error` means a normal end: deployed peers name Go's end-of-file error in a Disconnect that reports no error.
 */
function isPlainEnd(error: string): boolean {
  return error === '' || error === 'EOF'
}
