import type { DirectMessage } from '@ls/codec'

/** Highest version of Go LinkSocks that keeps a channel on the path where it began. */
const versionWithoutMigration = 1

/**
 * Lowers the version in an announcement, so that its reader does not move channels between the direct path and the
 * server (Go 1.10 from version 2). A moved channel has no Connect here, and each of its messages a sequence that is
 * acknowledged by JSON.
 */
export function withoutMigration(message: DirectMessage): DirectMessage {
  const { json } = message
  if (typeof json !== 'object' || json === null || !('protocol_version' in json)) return message
  return { ...message, json: { ...json, protocol_version: versionWithoutMigration } }
}
