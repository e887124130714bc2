// Connections without a token, all from one address that is not the bystander's.
import { once } from 'node:events'
import { connect } from 'node:net'

/** All of 127.0.0.0/8 is this machine. */
export const strangersAddress = '127.66.0.1'

export const upgradeRequest = [
  'GET /socket HTTP/1.1',
  'Host: 127.0.0.1',
  'Upgrade: websocket',
  'Connection: Upgrade',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Version: 13',
  '\r\n',
].join('\r\n')

/** Silence after which an answer is over, in ms. */
const answerMs = 500

/** Opens a connection and ignores what the server does to it. */
export function openConnection(port) {
  const socket = connect({ port, host: '127.0.0.1', localAddress: strangersAddress })
  socket.on('error', () => socket.destroy())
  return socket
}

/** Opens a connection and performs the handshake of the WebSocket; returns it also if the server has refused. */
export async function openWebSocket(port) {
  const socket = openConnection(port)
  socket.write(upgradeRequest)
  await Promise.race([once(socket, 'data'), once(socket, 'close')])
  return socket.resume()
}

/** Returns the whole answer to a request, up to the end of the connection or to the time limit. */
export async function ask(port, request) {
  const socket = openConnection(port)
  let answer = ''
  socket.on('data', (chunk) => (answer += chunk.toString('latin1')))
  socket.setTimeout(answerMs, () => socket.destroy()).write(request)
  await new Promise((resolve) => socket.once('close', resolve))
  return answer
}

/** Returns the status of an answer; 0 without one. */
export function statusOf(answer) {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 0)
}

/** Returns the header of a masked frame (RFC 6455 §5.2) of that many bytes; 0x82 is a whole binary message. */
export function frameHeader(payloadBytes, firstByte = 0x82) {
  const header = Buffer.alloc(14)
  header[0] = firstByte
  header[1] = 0xff
  header.writeBigUInt64BE(BigInt(payloadBytes), 2)
  return header
}
