import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { closeStream } from '@ls/dial'

/**
 * A response to a request that asked for an upgrade, as though it had not: web servers ignore upgrades that they do not
 * know (RFC 9110 §7.8). The connection ends with it.
 */
export function responseInstead(request: IncomingMessage, stream: Duplex): ServerResponse {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  // Node has let go of the connection, and would have done both.
  stream.on('error', () => closeStream(stream))
  stream.on('drain', () => response.emit('drain'))
  // Also for TLS and any other Duplex: only what all streams have is used of it.
  response.assignSocket(stream as Socket)
  response.once('finish', () => {
    response.detachSocket(stream as Socket)
    stream.end(() => closeStream(stream))
  })
  return response
}
