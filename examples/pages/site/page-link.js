import { connect } from '@ls/web'

/**
 * Asks the backend of this page for a link.
 *
 * @param {object} wish What the page wants to reach; the backend decides
 * @returns {Promise<Record<string, any>>} `server`, `token`, and what else the backend says
 */
export async function askBackend(wish) {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch('/link', { method: 'POST', headers, body: JSON.stringify(wish) })
  if (!answer.ok) throw new Error(await answer.text())
  return answer.json()
}

/**
 * Asks the backend of this page for a ticket, and links with it.
 *
 * @param {object} wish
 * @param {import('@ls/web').WebLinkOptions} [options]
 * @returns {Promise<{ link: import('@ls/web').WebLink, visit: Record<string, any> }>} `visit`: what else the backend
 *   says
 */
export async function linkTo(wish, options) {
  const { server, token, role, ...visit } = await askBackend(wish)
  return { link: await connect(server, { ...options, token, role }), visit }
}
