import { randomUUID } from 'node:crypto'

/** Target of a sender's page, which ignores the name. */
const target = { host: 'file', port: 1 }

/**
 * Creates a room for each sender: a token for its page, and tickets for pages that name the room.
 *
 * @param {{ server: import('@ls/server').LinkSocksServer }} where
 */
export async function startBackend({ server }) {
  /** @type {Map<string, string>} Connector tokens, by room. */
  const rooms = new Map()
  return {
    /** @param {{ role?: string, room?: string }} wish */
    link({ role, room = '' }) {
      if (role === 'sender') return openRoom()
      const connector = rooms.get(room)
      if (connector === undefined) throw new Error('there is no such room; was its page closed?')
      const { ticket } = server.tickets.make({ token: connector, allow: [`${target.host}:${target.port}`] })
      return { token: ticket, role: 'connector', target }
    },
  }

  function openRoom() {
    const { token } = server.addReverseToken({ socksPort: 'none' })
    const room = randomUUID()
    rooms.set(room, server.addConnectorToken({ reverseToken: token }))
    return { token, role: 'provider', room }
  }
}
