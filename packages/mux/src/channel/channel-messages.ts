import { type Address, appendTraceparent, encode, MessageType, type Protocol } from '@ls/codec'

/** The messages of a channel that carry no payload. */

export function connectMessage(
  channelId: Uint8Array,
  protocol: Protocol,
  address: Address | undefined,
  traceparent?: string,
): Uint8Array {
  const target = address === undefined ? {} : { address }
  const message = encode({ type: MessageType.Connect, protocol, channelId, ...target })
  return traceparent === undefined ? message : appendTraceparent(message, traceparent)
}

export function acceptMessage(channelId: Uint8Array): Uint8Array {
  return encode({ type: MessageType.ConnectResponse, success: true, channelId })
}

export function rejectMessage(channelId: Uint8Array, error: string): Uint8Array {
  return encode({ type: MessageType.ConnectResponse, success: false, channelId, error })
}

/** Makes a Disconnect; an empty `error` is a normal end. */
export function disconnectMessage(channelId: Uint8Array, error: string): Uint8Array {
  return encode({ type: MessageType.Disconnect, channelId, ...(error === '' ? {} : { error }) })
}

/** Reason for ending a channel that lost bytes with its link, when the link cannot resend them. */
export const linkLostText = 'failed: the link was lost'

export function finMessage(channelId: Uint8Array): Uint8Array {
  return encode({ type: MessageType.Fin, channelId })
}

export function windowMessage(channelId: Uint8Array, creditBytes: number): Uint8Array {
  return encode({ type: MessageType.Window, channelId, creditBytes })
}
