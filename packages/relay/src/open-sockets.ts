import type { Duplex } from 'node:stream'
import { closeStream } from '@ls/dial'
import { RenewedSet } from '@ls/foundation'

const open = new RenewedSet<Duplex>()

/** Registers a proxied socket for {@link closeOpenSockets} until it closes. */
export function watchSocket(socket: Duplex): void {
  open.add(socket)
  socket.once('close', () => open.delete(socket))
}

/**
 * Resets every proxied socket of the process, synchronously, for a process that exits during transfers. The system
 * would close them in order, and a partial transfer would look complete.
 */
export function closeOpenSockets(): void {
  const reason = new Error('the process ends')
  for (const socket of open) closeStream(socket, reason)
}
