import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { TestServer } from '@ls/testkit'

/** Sends every datagram back to its source. */
export async function udpEchoServer(): Promise<TestServer> {
  const socket = createSocket('udp4')
  socket.on('message', (datagram, source) => socket.send(datagram, source.port, source.address))
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const close = async (): Promise<void> => {
    socket.close()
    await once(socket, 'close')
  }
  return { host: '127.0.0.1', port: socket.address().port, close }
}
