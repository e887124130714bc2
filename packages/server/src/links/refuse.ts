import { encode, MessageType } from '@ls/codec'
import type { MessageTransport } from '@ls/mux'

/** Refuses a client with a reason (protocol.md §1, "Refusal"); deployed clients then do not retry. */
export function refuse(transport: MessageTransport, error: string): void {
  transport.send(encode({ type: MessageType.AuthResponse, success: false, error }))
  // 1008 is "policy violation" (RFC 6455 §7.4.1).
  transport.close({ code: 1008, reason: error })
}
