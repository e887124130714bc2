import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { decodeDatagram, encodeDatagram, parseDestination } from '@ls/socks5'
import { performServerHandshake } from '@ls/socks5/node'
import { afterTest } from './cleanup.js'

export interface FakeSocksProxyOptions {
  /** Address that it announces for datagrams. @default its own */
  readonly advertise?: string
  /** Whether it refuses associations. @default false */
  readonly refuse?: boolean
  /** Whether it does not answer requests. @default false */
  readonly silent?: boolean
}

/** A SOCKS5 proxy for datagrams only, which answers each one itself, in the name of its target. */
export class FakeSocksProxy {
  readonly url: string
  readonly controls: Socket[] = []
  /** Targets of the received datagrams. */
  readonly targets: string[] = []
  readonly #udp: UdpSocket

  private constructor(port: number, udp: UdpSocket) {
    this.url = `socks5://127.0.0.1:${port}`
    this.#udp = udp
  }

  static async start({
    advertise = '127.0.0.1',
    refuse = false,
    silent = false,
  }: FakeSocksProxyOptions = {}): Promise<FakeSocksProxy> {
    const udp = createSocket('udp4')
    udp.bind(0, '127.0.0.1')
    await once(udp, 'listening')
    const server = createServer((socket) => {
      proxy.controls.push(socket)
      socket.on('error', () => {})
      performServerHandshake(socket, { udp: true }).then(
        ({ reply }) => {
          if (silent) return
          if (refuse) return reply('network-unreachable')
          reply('succeeded', parseDestination(advertise, udp.address().port))
          socket.resume()
        },
        () => {},
      )
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const proxy = new FakeSocksProxy((server.address() as { port: number }).port, udp)
    udp.on('message', (bytes, from) => proxy.#answer(bytes, from.port))
    afterTest(() => {
      server.close()
      udp.close()
      for (const socket of proxy.controls) socket.destroy()
    })
    return proxy
  }

  #answer(bytes: Buffer, port: number): void {
    const { destination, payload } = decodeDatagram(bytes)
    this.targets.push(`${destination.host}:${destination.port}`)
    this.#udp.send(encodeDatagram(destination, Buffer.concat([Buffer.from('re: '), payload])), port, '127.0.0.1')
    // No proxy should send this, and the client must not fail on it.
    this.#udp.send(Buffer.from('no datagram of SOCKS'), port, '127.0.0.1')
  }
}
