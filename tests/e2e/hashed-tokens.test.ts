import { createHash } from 'node:crypto'
import { LinkSocksClient } from '@ls/client'
import { LinkSocksServer } from '@ls/server'
import { expect, test } from 'vitest'
import { closing } from '../stress/cleanup.js'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const hashed = `sha256:${sha256('secret')}`

/** Whether a client with this token gets a link: by its hash in the query, or with the token in a message. */
async function links(registered: string, token: string, path: string): Promise<boolean> {
  const server = closing(new LinkSocksServer({ host: '127.0.0.1', port: 0, ...(path === '/link' ? { path } : {}) }))
  await server.listen()
  server.addForwardToken(registered)
  const url = `ws://127.0.0.1:${server.address?.port}${path}`
  const client = closing(new LinkSocksClient({ url, token, proxy: { port: 0 } }))
  return client.start().then(
    () => true,
    () => false,
  )
}

test.each([
  ['/socket', hashed, 'secret', true],
  ['/link', `sha256x2:${sha256(sha256('secret'))}`, 'secret', true],
  ['/link', hashed, 'secret', true],
  ['/socket', hashed, hashed, false],
  ['/socket', `sha256x2:${sha256(sha256('secret'))}`, sha256('secret'), false],
])('at %s a server that knows %s takes %s: %s', async (path, registered, token, expected) => {
  expect(await links(registered, token, path)).toBe(expected)
})
