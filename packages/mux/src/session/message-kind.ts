import { MessageType } from '@ls/codec'

/**
 * Whether a message opens a link: such messages are no part of a session and are not numbered (protocol.md §3,
 * `resume`).
 */
export function isHandshake(type: number): boolean {
  return (
    type === MessageType.Auth ||
    type === MessageType.AuthResponse ||
    type === MessageType.Hello ||
    type === MessageType.Resume ||
    type === MessageType.Resumed
  )
}

/** Error for such a message in a session. */
export function handshakeText(type: number): string {
  return `message type ${type} belongs to the handshake`
}

/** Whether a message is one of a channel on any link. */
export function isBaseChannelMessage(type: number): boolean {
  return type >= MessageType.Connect && type <= MessageType.Disconnect
}

/** Whether the owner of the session handles a message. */
export function isForOwner(type: number): boolean {
  return knownTypes.has(type) && !extensionTypes.has(type)
}

const knownTypes: ReadonlySet<number> = new Set(Object.values(MessageType))

/** Messages of extensions, which the session handles where they are in force. */
const extensionTypes: ReadonlySet<number> = new Set([
  MessageType.Window,
  MessageType.Fin,
  MessageType.Ack,
  MessageType.Lossy,
  MessageType.Urgent,
])
