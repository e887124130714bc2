/** WebSocket close codes (RFC 6455 §7.4) that end a session for good; any other end of a link may be resumed. */
export const SessionCloseCode = {
  /** The peer broke the protocol. */
  ProtocolError: 1002,
  /** The session is over by intention: shut down, token removed, replaced. From the range for private use. */
  SessionEnded: 4000,
} as const

/** Whether a link that closed with this code is not to be resumed. */
export function isFinal(code: number): boolean {
  return code === SessionCloseCode.SessionEnded || code === SessionCloseCode.ProtocolError
}
