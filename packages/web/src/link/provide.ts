import type { Protocol } from '@ls/codec'
import type { Channel } from '@ls/mux'
import type { ChannelSource, TcpSocket } from '../sockets/tcp-socket.js'

// A provider loads this file before it connects, so it imports no code that the page has already (decision 118).

/** A connection that a connector opens at a provider. */
export interface IncomingConnection {
  /** Protocol of the connection; a page can accept TCP only. */
  readonly protocol: Protocol
  /** Requested host; empty for UDP, whose datagrams have targets. */
  readonly host: string
  /** Requested port, 1 to 65535; 0 for UDP. */
  readonly port: number
  /** Accepts a TCP connection. */
  accept(): TcpSocket
  /** Refuses the connection: `reason` begins with a word such as `forbidden` or `refused`. */
  reject(reason: string): void
}

/** Offers a channel that a connector opens to `onConnect`; `Socket` is the class of an accepted connection. */
export function provide(
  channel: Channel,
  onConnect: (connection: IncomingConnection) => void,
  Socket: typeof TcpSocket,
): void {
  const { host = '', port = 0 } = channel.address ?? {}
  const accept = (): TcpSocket => {
    if (channel.protocol !== 'tcp') throw new TypeError('a page can only take TCP connections')
    const source: ChannelSource = (handler) => {
      channel.accept(handler)
      return channel
    }
    return new Socket({ host, port }, source, { ownsMemory: true })
  }
  onConnect({ protocol: channel.protocol, host, port, accept, reject: (reason) => channel.reject(reason) })
}
