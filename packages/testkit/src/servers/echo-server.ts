import { tcpServer, type TestTcpServer } from './tcp-server.js'

/** Sends back what it receives, and ends its side when the client ends its own: a half-closing client gets it all. */
export function echoServer(): Promise<TestTcpServer> {
  return tcpServer((socket) => socket.pipe(socket))
}
