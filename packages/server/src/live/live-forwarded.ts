import { formatChannelId } from '@ls/codec'
import type { LiveConnection, LiveLink } from '@ls/observe'
import { shownTarget } from '@ls/relay'
import { movedByForwarded } from '../counts/server-counts.js'
import type { Connection } from '../reverse/channel-forwarder.js'

/** Channel that is forwarded from a connector to a provider. */
export class LiveForwarded implements LiveConnection {
  readonly link: LiveLink | undefined
  readonly provider: LiveLink | undefined
  readonly #connection: Connection

  constructor(connection: Connection, link: LiveLink | undefined, provider: LiveLink | undefined) {
    this.#connection = connection
    this.link = link
    this.provider = provider
  }

  get key(): object {
    return this.#connection
  }

  get id(): string {
    return formatChannelId(this.#connection.channel.id)
  }

  get protocol(): 'tcp' | 'udp' {
    return this.#connection.channel.protocol
  }

  get target(): string | undefined {
    return shownTarget(this.#connection.channel.request)
  }

  get queuedBytes(): number {
    return 0
  }

  get unsentBytes(): number {
    return this.#connection.channel.unsentBytes
  }

  get windowStalls(): number {
    return this.#connection.channel.windowStalls
  }

  get openedAtMs(): number {
    return this.#connection.channel.request.openedAtMs
  }

  get bytesToTarget(): number {
    return movedByForwarded(this.#connection.channel).bytesToTarget
  }

  get bytesFromTarget(): number {
    return movedByForwarded(this.#connection.channel).bytesFromTarget
  }
}
