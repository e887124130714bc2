import { createSocket } from 'node:dgram'
import { once } from 'node:events'

/** Sends each datagram back to its source. */
export async function udpEcho(): Promise<{ readonly port: number; close(): void }> {
  const socket = createSocket('udp4')
  socket.on('message', (payload, from) => socket.send(payload, from.port, from.address))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return { port: socket.address().port, close: () => socket.close() }
}
