import type { IncomingHttpHeaders } from 'node:http'
import { decode, MessageType } from '@ls/codec'
import { hashToken, readEarlyData } from '@ls/transport'

/** Hash of the token in an Auth message that came as early data, before there is a WebSocket; undefined without one. */
export function earlyTokenHash(headers: IncomingHttpHeaders): string | undefined {
  const [first] = readEarlyData(headers)
  if (first === undefined) return undefined
  try {
    const message = decode(first)
    return message.type === MessageType.Auth ? hashToken(message.token) : undefined
  } catch {
    // Most likely an ordinary subprotocol, which holds no token.
    return undefined
  }
}
