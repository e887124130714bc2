import { LinkSocksClient } from '@ls/client'

/**
 * Starts a provider on this machine. A visitor gets a ticket for one HTTP server behind it, which the visitor chooses.
 *
 * @param {{ server: import('@ls/server').LinkSocksServer, url: string }} where
 * @param {string} defaultUrl Server for a visitor that does not choose one
 */
export async function behindProvider({ server, url: serverUrl }, defaultUrl) {
  const { token } = server.addReverseToken({ socksPort: 'none' })
  const connector = server.addConnectorToken({ reverseToken: token })
  const provider = new LinkSocksClient({ url: serverUrl, token, role: 'provider' })
  await provider.start()
  return {
    /** @param {{ url?: string }} wish */
    link({ url = '' }) {
      const { hostname, port, href } = new URL(url || defaultUrl)
      const { ticket } = server.tickets.make({ token: connector, allow: [`${hostname}:${port || 80}`] })
      return { token: ticket, role: 'connector', url: href }
    },
    close: () => provider.close(),
  }
}
