import type { Socket } from 'node:net'
import { asError } from '@ls/foundation'
import { TransportError } from '../errors.js'
import { parseProxyHeader, type ProxyHeader } from './proxy-header.js'

const nothing: Buffer = Buffer.alloc(0)

/**
 * Reads the PROXY header from a new connection. Exactly one of the two callbacks is called, unless the connection ends
 * first. For `onHeader` the socket is paused, with the bytes after the header still unread.
 */
export function readProxyHeader(
  socket: Socket,
  timeoutMs: number,
  onHeader: (header: ProxyHeader) => void,
  onFailure: (error: Error) => void,
): void {
  let received = nothing
  const finish = (): void => {
    clearTimeout(timer)
    socket.off('data', onData)
    socket.off('close', finish)
    socket.pause()
  }
  const onData = (chunk: Buffer): void => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    let header: ProxyHeader | undefined
    try {
      header = parseProxyHeader(received)
    } catch (error) {
      finish()
      return onFailure(asError(error))
    }
    if (header === undefined) return
    finish()
    if (received.length > header.lengthBytes) socket.unshift(received.subarray(header.lengthBytes))
    onHeader(header)
  }
  const timer = setTimeout(() => {
    finish()
    onFailure(new TransportError('ERR_TRANSPORT_TIMEOUT', `no PROXY header within ${timeoutMs} ms`))
  }, timeoutMs)
  socket.on('data', onData)
  socket.once('close', finish)
}
