import type { Socket } from 'node:net'
import { onceEvent, type WaitOptions } from './wait.js'

/**
 * Reads a connection to its close, and returns how it ended: `end` for a normal end, else the code of its error.
 */
export async function socketEnd(socket: Socket, options?: WaitOptions): Promise<string> {
  socket.on('error', () => {})
  socket.resume().once('end', () => socket.end())
  if (!socket.closed) await onceEvent(socket, 'close', options)
  const error: NodeJS.ErrnoException | null = socket.errored
  return error?.code ?? (error === null ? 'end' : error.message)
}
