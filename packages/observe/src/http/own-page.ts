import type { IncomingMessage } from 'node:http'

/**
 * Whether a browser sent the request for a page of this very server, or no browser did. Cookies go along with what
 * pages of other ports of this machine ask for, so a cookie alone does not say who asks.
 */
export function isFromOwnPage({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): boolean {
  const isRead = method === 'GET' || method === 'HEAD'
  const site = headers['sec-fetch-site']
  // Pages cannot set it, and it holds where a reverse proxy changes Host (Fetch Metadata §2.3).
  if (site !== undefined) return site === 'same-origin' || (site === 'none' && isRead)
  const { origin, host } = headers
  if (origin === undefined) return isRead
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase()
}
