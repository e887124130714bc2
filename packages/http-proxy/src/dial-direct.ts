import { connect, type Socket } from 'node:net'
import type { Target } from './authority.js'
import { discardStream } from './stream-end.js'

/** Reaches targets by plain TCP from this machine. */
export function dialDirect({ host, port }: Target, { signal }: { readonly signal: AbortSignal }): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true })
    const abort = (): void => discardStream(socket, signal.reason as Error)
    const settle = (): void => {
      signal.removeEventListener('abort', abort)
      socket.off('error', fail)
    }
    const fail = (error: Error): void => {
      settle()
      reject(error)
    }
    socket.once('error', fail)
    socket.once('connect', () => {
      settle()
      // It may fail before its owner looks: that shows as a close, not as an uncaught error.
      socket.on('error', () => {})
      resolve(socket)
    })
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
  })
}
