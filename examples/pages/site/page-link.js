import { connect } from '@ls/web'

/**
 * Requests a link from the backend of this page.
 *
 * @param {object} wish What the page wants to reach; the backend decides
 * @returns {Promise<Record<string, any>>} `server`, `token`, and further data of the backend
 */
export async function askBackend(wish) {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch('/link', { method: 'POST', headers, body: JSON.stringify(wish) })
  if (!answer.ok) throw new Error(await answer.text())
  return answer.json()
}

/**
 * Requests a ticket from the backend of this page, and links with it.
 *
 * @param {object} wish
 * @param {import('@ls/web').WebLinkOptions} [options]
 * @returns {Promise<{ link: import('@ls/web').WebLink, visit: Record<string, any> }>} `visit`: further data of the
 * backend
 */
export async function linkTo(wish, options) {
  const { server, token, role, ...visit } = await askBackend(wish)
  return { link: await connect(server, { ...options, token, role }), visit }
}
