import type { Duplex } from 'node:stream'
import { discardStream } from '@ls/dial'

/**
 * Waits for the first bytes of a fresh, paused socket and leaves it paused. Returns undefined if the socket closes
 * first or nothing comes within `timeoutMs`; it is then destroyed.
 */
export function firstBytes(socket: Duplex, timeoutMs: number): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    const settle = (bytes: Uint8Array | undefined): void => {
      clearTimeout(timer)
      socket.off('data', onData).off('end', onGone).off('close', onGone)
      socket.pause()
      if (bytes === undefined) discardStream(socket)
      resolve(bytes)
    }
    const onData = (bytes: Buffer): void => settle(bytes)
    const onGone = (): void => settle(undefined)
    const timer = setTimeout(onGone, timeoutMs)
    socket.on('data', onData).on('end', onGone).on('close', onGone)
    socket.resume()
  })
}
