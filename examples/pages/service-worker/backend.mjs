import { behindProvider } from '../site/behind-provider.mjs'
import { startSmallServer } from '../site/small-server.mjs'

/** @param {{ server: import('@ls/server').LinkSocksServer, url: string }} where */
export async function startBackend(where) {
  const wiki = await startSmallServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' })
    response.end('<!doctype html><title>Wiki</title><h1>The wiki</h1><p>Only the provider reaches it.</p>')
  })
  const provider = await behindProvider(where, wiki.url)
  return {
    link: provider.link,
    async close() {
      await provider.close()
      wiki.close()
    },
  }
}
