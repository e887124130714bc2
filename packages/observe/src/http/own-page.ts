import type { IncomingMessage } from 'node:http'

/**
 * Whether a request comes from a page of this server, or from no browser. Browsers also send cookies with requests of
 * pages at other ports of this machine, so a cookie alone does not identify the page.
 */
export function isFromOwnPage({ method, headers }: Pick<IncomingMessage, 'method' | 'headers'>): boolean {
  const isRead = method === 'GET' || method === 'HEAD'
  const site = headers['sec-fetch-site']
  // Pages cannot set it, and it stays correct where a reverse proxy changes Host (Fetch Metadata §2.3).
  if (site !== undefined) return site === 'same-origin' || (site === 'none' && isRead)
  const { origin, host } = headers
  if (origin === undefined) return isRead
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase()
}
