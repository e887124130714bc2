import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { formatHostPort, type Logger } from '@ls/foundation'
import { ListenError } from '@ls/relay'
import { bindingAnswer } from './binding-answer.js'

/** Where the address port listens. */
export interface AddressPortPlace {
  readonly host: string
  readonly port: number
}

/**
 * UDP port that tells clients their own address as a NAT shows it. An answer has at most 2.5 times the bytes of its
 * request, so a forged source address amplifies little.
 */
export class AddressPort {
  readonly #socket: Socket

  private constructor(socket: Socket) {
    this.#socket = socket
  }

  /** Opens the port. @throws ListenError for one that cannot be opened */
  static async open(place: AddressPortPlace, logger: Logger): Promise<AddressPort> {
    // The process of a restart opens the port while this one still has it.
    const socket = createSocket({ type: isIPv6(place.host) ? 'udp6' : 'udp4', reuseAddr: true })
    try {
      socket.bind(place.port, place.host)
      await once(socket, 'listening')
    } catch (error) {
      socket.close()
      throw new ListenError('the UDP port that reports addresses', formatHostPort(place.host, place.port), error)
    }
    const port = new AddressPort(socket)
    socket.on('error', (error) => logger.warn({ err: error }, 'a packet about an address was lost'))
    socket.on('message', (packet, source) => {
      const answer = bindingAnswer(packet, source)
      if (answer !== undefined) socket.send(answer, source.port, source.address, () => {})
    })
    logger.info(port.address, 'reporting addresses over UDP')
    return port
  }

  /** Address of the port. */
  get address(): AddressPortPlace {
    const { address: host, port } = this.#socket.address()
    return { host, port }
  }

  close(): void {
    this.#socket.close()
  }
}
