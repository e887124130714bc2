import { MessageType } from '@ls/codec'

/** Messages that open a link: they are no part of a session and are not numbered (protocol.md §3, `resume`). */
export function isHandshake(type: number): boolean {
  return (
    type === MessageType.Auth ||
    type === MessageType.AuthResponse ||
    type === MessageType.Hello ||
    type === MessageType.Resume ||
    type === MessageType.Resumed
  )
}

/** Messages of a channel on any link. */
export function isBaseChannelMessage(type: number): boolean {
  return type >= MessageType.Connect && type <= MessageType.Disconnect
}

/** Messages that the owner of the session deals with. */
export function isForOwner(type: number): boolean {
  return knownTypes.has(type) && !extensionTypes.has(type)
}

const knownTypes: ReadonlySet<number> = new Set(Object.values(MessageType))

/** Only where they are in force, and then the session deals with them. */
const extensionTypes: ReadonlySet<number> = new Set([
  MessageType.Window,
  MessageType.Fin,
  MessageType.Ack,
  MessageType.Lossy,
  MessageType.Urgent,
])
