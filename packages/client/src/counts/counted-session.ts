import { Session, type SessionHandler, type SessionOptions } from '@ls/mux'
import type { SessionCounts } from '@ls/relay'

/** Makes a session whose state changes are counted before its handler receives them. */
export function countedSession(
  options: SessionOptions,
  handler: SessionHandler,
  counts: Pick<SessionCounts, 'linked' | 'unlinked' | 'closed'>,
): Session {
  const session: Session = new Session(options, {
    ...handler,
    onLinked: () => {
      counts.linked(session)
      handler.onLinked?.()
    },
    onUnlinked: (reason) => {
      counts.unlinked(session)
      handler.onUnlinked?.(reason)
    },
    onClose: (reason, lost) => {
      counts.closed(session)
      handler.onClose?.(reason, lost)
    },
  })
  return session
}
