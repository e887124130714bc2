import type { Socket } from 'node:net'

/** How an application sees its connection end. */
export type SocketEnding = 'reset' | 'end'

/**
 * Resolves with the first end of a connection that is being read.
 *
 * libuv reports a reset as an end if data came with it. A write shows the difference: it fails on a connection that was
 * reset.
 */
export function socketEnding(socket: Socket): Promise<SocketEnding> {
  return new Promise((resolve) => {
    socket.once('error', () => resolve('reset'))
    socket.once('close', (hadError) => resolve(hadError ? 'reset' : 'end'))
    socket.once('end', () => {
      socket.write('', (error) => resolve(error === null || error === undefined ? 'end' : 'reset'))
    })
  })
}
