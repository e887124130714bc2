import type { Address, Protocol } from '@ls/codec'
import { encodeConnect, encodeConnectResponse, encodeDisconnect, encodeFin, encodeWindow } from '@ls/codec/messages'

/** The messages of a channel that carry no payload. */

export function connectMessage(channelId: Uint8Array, protocol: Protocol, address: Address | undefined): Uint8Array {
  return encodeConnect({ protocol, channelId, ...(address === undefined ? {} : { address }) })
}

export function acceptMessage(channelId: Uint8Array): Uint8Array {
  return encodeConnectResponse({ success: true, channelId })
}

export function rejectMessage(channelId: Uint8Array, error: string): Uint8Array {
  return encodeConnectResponse({ success: false, channelId, error })
}

/** Makes a Disconnect; an empty `error` is a normal end. */
export function disconnectMessage(channelId: Uint8Array, error: string): Uint8Array {
  return encodeDisconnect({ channelId, error })
}

/** Reason for ending a channel that lost bytes with its link, when the link cannot resend them. */
export const linkLostText = 'failed: the link was lost'

export function finMessage(channelId: Uint8Array): Uint8Array {
  return encodeFin({ channelId })
}

export function windowMessage(channelId: Uint8Array, creditBytes: number): Uint8Array {
  return encodeWindow({ channelId, creditBytes })
}
