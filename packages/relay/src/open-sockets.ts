import type { Duplex } from 'node:stream'
import { closeStream } from '@ls/http-proxy'

const open = new Set<Duplex>()

/** Counts a proxied socket among those that {@link closeOpenSockets} ends, until it closes. */
export function watchSocket(socket: Duplex): void {
  open.add(socket)
  socket.once('close', () => open.delete(socket))
}

/**
 * Ends every proxied socket of the process, synchronously: for a process that exits in the middle of its work. The system
 * would end them in good order, and what was transferred so far would pass for all.
 */
export function closeOpenSockets(): void {
  const reason = new Error('the process ends')
  for (const socket of open) closeStream(socket, reason)
}
