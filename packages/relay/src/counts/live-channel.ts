import { formatChannelId } from '@ls/codec'
import type { Channel } from '@ls/mux'
import { RelayError } from '../errors.js'
import { formatTarget, parseTarget } from '../target.js'
import { movedBy } from './traffic.js'

/** A channel that ends here, as a live view shows it; all is read when somebody asks. */
export class LiveChannel<Link> {
  /** The link that it belongs to; undefined for the program's own proxy ports. */
  readonly link: Link | undefined
  readonly #channel: Channel

  constructor(channel: Channel, link: Link | undefined) {
    this.#channel = channel
    this.link = link
  }

  /** The same object as long as the channel is open. */
  get key(): object {
    return this.#channel
  }

  /** 8-4-4-4-12 hex digits. */
  get id(): string {
    return formatChannelId(this.#channel.id)
  }

  /** What it carries. */
  get protocol(): 'tcp' | 'udp' {
    return this.#channel.protocol
  }

  /** `host:port`; undefined for UDP. */
  get target(): string | undefined {
    return shownTarget(this.#channel)
  }

  /** It ends here. */
  get provider(): undefined {
    return undefined
  }

  /** Bytes received and not yet taken by their consumer. */
  get queuedBytes(): number {
    return this.#channel.queuedBytes
  }

  /** Bytes accepted for its link and not given to it yet. */
  get unsentBytes(): number {
    return this.#channel.unsentBytes
  }

  /** How often it could send nothing until the peer granted more. */
  get windowStalls(): number {
    return this.#channel.windowStalls
  }

  /** When it was opened, in milliseconds of the session's clock. */
  get openedAtMs(): number {
    return this.#channel.openedAtMs
  }

  /** Payload bytes that went towards the target. */
  get bytesToTarget(): number {
    return movedBy(this.#channel).bytesToTarget
  }

  /** Payload bytes that came back. */
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
