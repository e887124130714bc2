import { type IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { closeStream } from '@ls/dial'

/**
 * Response to an upgrade request as if it were an ordinary one: web servers ignore upgrades that they do not know (RFC
 * 9110 §7.8). The connection ends with it.
 */
export function responseInstead(request: IncomingMessage, stream: Duplex): ServerResponse {
  const response = new ServerResponse(request)
  response.shouldKeepAlive = false
  // Node has removed its own listeners for both events from the connection.
  stream.on('error', () => closeStream(stream))
  stream.on('drain', () => response.emit('drain'))
  // The stream may be TLS or any other Duplex: only methods that all streams have are used.
  response.assignSocket(stream as Socket)
  response.once('finish', () => {
    response.detachSocket(stream as Socket)
    stream.end(() => closeStream(stream))
  })
  return response
}
