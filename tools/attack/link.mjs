import { decode, encode, MessageType, newChannelId } from '@ls/codec'
import { connect, formatAuthQuery } from '@ls/transport'

/** Close code of a session that is over; the server keeps none of its data. */
const sessionEnded = 4000
/** Time for the server to open a link, in ms. */
const openLimitMs = 5000

/** A link that sends any message, whether the protocol allows it or not. */
export class Link {
  /** Called with each message. */
  onMessage = () => {}
  closed = false
  #transport

  constructor(transport) {
    this.#transport = transport
  }

  /**
   * Opens a link up to where channels can be opened; without `extensions` it is a base link.
   *
   * @throws Error when it is refused, or not answered in time.
   */
  static async open({ url, token, reverse = false, extensions = [], ...more }) {
    const place = formatAuthQuery(new URL('/socket', url), { token, reverse, extensions })
    const ways = { proxyFromEnvironment: false, dialTimeoutMs: openLimitMs, ...more }
    const link = new Link(await connect({ url: place, ...ways }))
    try {
      await link.#authenticated()
    } catch (error) {
      link.drop()
      throw error
    }
    if (extensions.length > 0) link.send({ type: MessageType.Hello, extensions, windowBytes: 262_144 })
    return link
  }

  send(message) {
    if (!this.closed) this.#transport.send(encode(message))
  }

  /** Opens a channel and returns its id, without waiting for the answer. */
  openTcp(address) {
    const channelId = newChannelId()
    this.send({ type: MessageType.Connect, protocol: 'tcp', channelId, address })
    return channelId
  }

  openUdp() {
    const channelId = newChannelId()
    this.send({ type: MessageType.Connect, protocol: 'udp', channelId })
    return channelId
  }

  /** Ends the link and its session, as a client does that stops. */
  close() {
    this.#transport.close({ code: sessionEnded, reason: 'done' })
  }

  /** Cuts the TCP connection without a close frame. */
  drop() {
    this.#transport.destroy()
  }

  #authenticated() {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`not let in within ${openLimitMs} ms`)), openLimitMs)
      this.#transport.setHandler({
        onMessage: (bytes) => {
          const message = decode(bytes)
          this.onMessage(message)
          if (message.type !== MessageType.AuthResponse) return
          clearTimeout(timer)
          if (message.success) resolve()
          else reject(new Error(`refused: ${message.error}`))
        },
        onDrain: () => {},
        onClose: (reason) => {
          this.closed = true
          clearTimeout(timer)
          reject(new Error(`closed: ${JSON.stringify(reason)}`))
        },
      })
    })
  }
}
