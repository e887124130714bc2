import { decode, encode, type Extension, type KnownMessage, type Message, MessageType } from '@ls/codec'
import type { TransportCloseReason } from '@ls/mux'
import { until } from '@ls/testkit'
import { connect, formatAuthQuery, type WebSocketTransport } from '@ls/transport'
import { afterTest } from '../stress/cleanup.js'

export interface RawPeerOptions {
  readonly port: number
  /** The token. Absent: the test authenticates by message itself. */
  readonly token?: string
  readonly reverse?: boolean
  /** Extensions that it requests; it answers Hello where the server sends one. @default [] (a base peer) */
  readonly extensions?: readonly Extension[]
}

/** A peer that sends any message, whether the protocol allows it or not. */
export class RawPeer {
  readonly received: Message[] = []
  closed: TransportCloseReason | undefined
  readonly #transport: WebSocketTransport

  private constructor(transport: WebSocketTransport) {
    this.#transport = transport
    transport.setHandler({
      onMessage: (message) => this.received.push(decode(message)),
      onDrain: () => {},
      onClose: (reason) => {
        this.closed = reason
      },
    })
    afterTest(() => transport.destroy())
  }

  /** Opens a WebSocket and sends nothing. */
  static async dial({ port, token, reverse = false, extensions = [] }: RawPeerOptions): Promise<RawPeer> {
    const place = new URL(`ws://127.0.0.1:${port}/socket`)
    const url = formatAuthQuery(place, { extensions, ...(token === undefined ? {} : { token, reverse }) })
    return new RawPeer(await connect({ url, proxyFromEnvironment: false }))
  }

  /** Opens a link up to the point where channels can be opened. */
  static async open(options: RawPeerOptions): Promise<RawPeer> {
    const peer = await RawPeer.dial(options)
    const answer = await peer.next(MessageType.AuthResponse)
    if (!answer.success) throw new Error(`refused: ${answer.error}`)
    const { extensions = [] } = options
    if (extensions.length > 0) peer.send({ type: MessageType.Hello, extensions, windowBytes: 262_144 })
    return peer
  }

  send(message: KnownMessage): void {
    this.sendBytes(encode(message))
  }

  sendBytes(message: Uint8Array): void {
    this.#transport.send(message)
  }

  /** Returns the next message of a type, received already or later, and removes it from the list. */
  async next<T extends KnownMessage['type']>(type: T): Promise<Extract<KnownMessage, { type: T }>> {
    await until(() => this.received.some((message) => message.type === type), `a message of type ${type}`)
    const [message] = this.received.splice(
      this.received.findIndex((each) => each.type === type),
      1,
    )
    return message as Extract<KnownMessage, { type: T }>
  }

  /** Settles once the server has closed the link. */
  async end(): Promise<TransportCloseReason> {
    await until(() => this.closed !== undefined, 'the server to close the link')
    return this.closed as TransportCloseReason
  }
}
