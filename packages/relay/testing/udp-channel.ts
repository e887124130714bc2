import type { Address } from '@ls/codec'
import type { Channel, ChannelCloseReason, ChannelHandler, Session } from '@ls/mux'
import { until } from '@ls/testkit'

/** The opening end of a UDP channel, with everything it received. */
export class UdpChannel implements ChannelHandler {
  readonly received: { text: string; source: Address | undefined }[] = []
  readonly channel: Channel
  closed: ChannelCloseReason | undefined
  opened = false

  constructor(session: Session) {
    this.channel = session.open({ protocol: 'udp' }, this)
    this.channel.resume()
  }

  onOpen(): void {
    this.opened = true
  }

  onDatagram(payload: Uint8Array, source: Address | undefined): void {
    this.received.push({ text: Buffer.from(payload).toString(), source })
  }

  onClose(reason: ChannelCloseReason): void {
    this.closed = reason
  }

  /** Whether the far end accepted it. */
  async answer(): Promise<'open' | ChannelCloseReason> {
    await until(() => this.opened || this.closed !== undefined, 'an answer')
    return this.closed ?? 'open'
  }

  send(text: string, host: string, port: number): this {
    this.channel.sendDatagram(Buffer.from(text), { target: { host, port } })
    return this
  }

  async next(count = 1): Promise<typeof this.received> {
    await until(() => this.received.length >= count, `${count} datagrams`)
    return this.received
  }
}
