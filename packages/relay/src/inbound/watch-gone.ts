import type { Duplex } from 'node:stream'
import { type Cancellation, Canceller } from '../cancellation.js'

/** Aborts when `socket` closes; `release` stops watching. */
export function watchGone(socket: Duplex): { readonly signal: Cancellation; release(): void } {
  const gone = new Canceller()
  const onClose = (): void => gone.abort(new Error('the proxy client went away'))
  if (socket.destroyed) onClose()
  else socket.once('close', onClose)
  return { signal: gone, release: () => socket.off('close', onClose) }
}
