import { encode, MessageType } from '@ls/codec'
import type { MessageTransport } from '@ls/mux'

/** Tells a client that it may not come in, and why (protocol.md §1, "Refusal"); deployed clients do not retry then. */
export function refuse(transport: MessageTransport, error: string): void {
  transport.send(encode({ type: MessageType.AuthResponse, success: false, error }))
  // 1008 is "policy violation" (RFC 6455 §7.4.1).
  transport.close({ code: 1008, reason: error })
}
