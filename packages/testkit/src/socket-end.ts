import type { Socket } from 'node:net'
import { onceEvent, type WaitOptions } from './wait.js'

/**
 * Reads a connection to its close, and returns how it ended: `end` for a normal end, else the code of its error. libuv
 * reports a reset as an end if data came with it; a write, which then fails, tells them apart. UNIX sockets have no
 * reset; there that write fails after a normal end as well.
 */
export async function socketEnd(socket: Socket, options?: WaitOptions): Promise<string> {
  socket.on('error', () => {})
  socket.resume().once('end', () => socket.write('', () => socket.end()))
  if (!socket.closed) await onceEvent(socket, 'close', options)
  const error: NodeJS.ErrnoException | null = socket.errored
  return error?.code ?? (error === null ? 'end' : error.message)
}
