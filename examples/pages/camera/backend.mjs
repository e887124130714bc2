import { behindProvider } from '../site/behind-provider.mjs'
import { startSmallServer } from '../site/small-server.mjs'
import { showClock } from './clock-camera.mjs'

/** @param {{ server: import('@ls/server').LinkSocksServer, url: string }} where */
export async function startBackend(where) {
  const camera = await startSmallServer(showClock)
  const provider = await behindProvider(where, camera.url)
  return {
    link: provider.link,
    async close() {
      await provider.close()
      camera.close()
    },
  }
}
