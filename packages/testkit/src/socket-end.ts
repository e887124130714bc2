import type { Socket } from 'node:net'
import { onceEvent, type WaitOptions } from './wait.js'

/**
 * Reads a connection to its close, and tells how it went: `end` for an end in good order, else the code of its error.
 */
export async function socketEnd(socket: Socket, options?: WaitOptions): Promise<string> {
  socket.on('error', () => {})
  socket.resume().once('end', () => socket.end())
  if (!socket.closed) await onceEvent(socket, 'close', options)
  const error: NodeJS.ErrnoException | null = socket.errored
  return error?.code ?? (error === null ? 'end' : error.message)
}
