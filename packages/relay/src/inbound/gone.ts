import type { Duplex } from 'node:stream'

/** A signal that aborts when `socket` closes; `release` stops watching. */
export function watchGone(socket: Duplex): { readonly signal: AbortSignal; release(): void } {
  const gone = new AbortController()
  const onClose = (): void => gone.abort(new Error('the proxy client went away'))
  if (socket.destroyed) onClose()
  else socket.once('close', onClose)
  return { signal: gone.signal, release: () => socket.off('close', onClose) }
}
