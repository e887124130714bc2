import { formatChannelId } from '@ls/codec'
import type { Channel } from '@ls/mux'
import { RelayError } from '../errors.js'
import { formatTarget, parseTarget } from '../target.js'
import { movedBy } from './traffic.js'

/** A channel that ends here, for the live view. All values are read on demand. */
export class LiveChannel<Link> {
  /** Link that it belongs to; undefined for the program's own proxy ports. */
  readonly link: Link | undefined
  readonly #channel: Channel

  constructor(channel: Channel, link: Link | undefined) {
    this.#channel = channel
    this.link = link
  }

  /** Key of the channel: the same object as long as it is open. */
  get key(): object {
    return this.#channel
  }

  /** Id as 8-4-4-4-12 hex digits. */
  get id(): string {
    return formatChannelId(this.#channel.id)
  }

  /** Protocol of the channel. */
  get protocol(): 'tcp' | 'udp' {
    return this.#channel.protocol
  }

  /** Target as `host:port`; undefined for UDP. */
  get target(): string | undefined {
    return shownTarget(this.#channel)
  }

  /** Always undefined: the channel ends here. */
  get provider(): undefined {
    return undefined
  }

  /** Bytes received that their consumer has not taken yet. */
  get queuedBytes(): number {
    return this.#channel.queuedBytes
  }

  /** Bytes accepted for its link that are not sent yet. */
  get unsentBytes(): number {
    return this.#channel.unsentBytes
  }

  /** How often it could send nothing until the peer granted more credit. */
  get windowStalls(): number {
    return this.#channel.windowStalls
  }

  /** Time of opening, in milliseconds of the session's clock. */
  get openedAtMs(): number {
    return this.#channel.openedAtMs
  }

  /** Payload bytes sent to the target. */
  get bytesToTarget(): number {
    return movedBy(this.#channel).bytesToTarget
  }

  /** Payload bytes received from the target. */
  get bytesFromTarget(): number {
    return movedBy(this.#channel).bytesFromTarget
  }
}

/**
 * Target of a channel as text; undefined for UDP, where each datagram has its own, and for one that cannot be parsed:
 * that channel was refused and is closing.
 */
export function shownTarget({ address }: Pick<Channel, 'address'>): string | undefined {
  const target = address === undefined ? undefined : parseTarget(address)
  return target === undefined || target instanceof RelayError ? undefined : formatTarget(target)
}
