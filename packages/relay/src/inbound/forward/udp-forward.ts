import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6 } from 'node:net'
import { ListenError } from '@ls/dial'
import { textOf } from '@ls/foundation'
import type { Channel, ChannelHandler } from '@ls/mux'
import { Canceller } from '../../cancellation.js'
import type { Pace } from '../../copy/paced-channel.js'
import { failureOf } from '../../failure.js'
import { formatListenAddress } from '../../listen/listen-address.js'
import { openAnswered } from '../../offer/opener.js'
import type { CheckedTarget } from '../../target.js'
import { beginSpan, type ConnectionSpan } from '../../trace/spans.js'
import { formatForward, type UdpForward } from './forward-spec.js'
import type { PortForwardOptions, OpenForward } from './port-forward-options.js'
import { reportFailure } from './report-failure.js'

/** Opens a UDP port whose datagrams all go to one target. @throws ListenError if it is taken or not permitted */
export async function openUdpForward(forward: UdpForward, options: PortForwardOptions): Promise<OpenForward> {
  const socket = createSocket(isIPv6(forward.listenOn.host) ? 'udp6' : 'udp4')
  const { listenOn } = forward
  socket.bind({ address: listenOn.host, port: listenOn.port, exclusive: listenOn.exclusive === true })
  try {
    await once(socket, 'listening')
  } catch (error) {
    throw new ListenError('the fixed port', formatListenAddress(forward.listenOn), error)
  }
  const { address, port } = socket.address()
  const opened = { ...forward, listenOn: { host: address, port } }
  const sources = new Sources(socket, opened, options)
  socket.on('error', (error) => options.logger.error({ err: error }, `fixed port: ${error.message}`))
  return { forward: opened, close: async () => sources.close() }
}

/** Associations, one for each source address and port, so that answers reach their source. */
class Sources {
  readonly #socket: Socket
  readonly #forward: UdpForward
  readonly #options: PortForwardOptions
  readonly #associations = new Map<string, Association>()
  #isClosed = false

  constructor(socket: Socket, forward: UdpForward, options: PortForwardOptions) {
    this.#socket = socket
    this.#forward = forward
    this.#options = options
    socket.on('message', (payload, from) => this.#receive(payload, from))
  }

  /** Closes all associations. May be called again: a drain is followed by a close. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#socket.close()
    for (const association of this.#associations.values()) association.close()
  }

  #receive(payload: Buffer, from: RemoteInfo): void {
    // Nothing can be sent to this source (RFC 768: it expects no reply).
    if (from.port === 0) return
    const source = `${from.address} ${from.port}`
    const known = this.#associations.get(source)
    if (known !== undefined) return known.send(payload)
    if (!this.#hasRoom()) {
      return this.#options.logger.debug(
        { source },
        `datagram dropped: ${this.#maxSources} sources use the port already`,
      )
    }
    const release = this.#takeSlot()
    if (release === undefined) return
    const association = new Association(this.#forward.target, {
      pace: this.#options.pace,
      answer: (answer) => this.#socket.send(answer, from.port, from.address),
      onClose: () => {
        this.#associations.delete(source)
        release()
      },
    })
    this.#associations.set(source, association)
    association.send(payload)
    void this.#open(association)
  }

  /**
   * Makes room for one more source. The oldest one that got no answer goes first: anyone can send from more addresses
   * and ports than there is room for, which must not keep users out.
   */
  #hasRoom(): boolean {
    if (this.#associations.size < this.#maxSources) return true
    for (const association of this.#associations.values()) {
      if (association.isAnswered) continue
      association.close()
      return true
    }
    return false
  }

  get #maxSources(): number {
    return this.#options.maxSources ?? defaultMaxSources
  }

  /** Counts an association; undefined at the limit. */
  #takeSlot(): (() => void) | undefined {
    const { slots } = this.#options
    if (slots === undefined) return () => {}
    try {
      return slots.take()
    } catch (error) {
      this.#failed(error)
      return undefined
    }
  }

  async #open(association: Association): Promise<void> {
    const span = beginSpan({ name: 'linksocks.association' })
    try {
      const { signal } = association
      const refusal = await this.#options.entryRules?.refusalOf(this.#forward.target)
      if (refusal !== undefined) throw refusal
      const { channel, closed } = await openAnswered(this.#options, { protocol: 'udp', signal, span })
      association.opened(channel, span)
      if (closed === undefined) return
      span?.end(closed.error)
      association.close()
    } catch (error) {
      span?.end(textOf(error))
      if (!association.signal.aborted) this.#failed(error)
      association.close()
    }
  }

  #failed(error: unknown): void {
    reportFailure(this.#forward, failureOf(error, formatForward(this.#forward)), this.#options)
  }
}

interface AssociationInit {
  /** Rates; datagrams beyond them are dropped. */
  readonly pace: Pace | undefined
  answer(payload: Uint8Array): void
  onClose(): void
}

class Association {
  readonly signal = new Canceller()
  /** Whether the target has sent a datagram. */
  isAnswered = false
  readonly #target: CheckedTarget
  readonly #init: AssociationInit
  readonly #idleTimer: NodeJS.Timeout
  /** Datagrams that arrived before the channel was open. */
  readonly #waiting: Buffer[] = []
  #channel: Channel | undefined

  constructor(target: CheckedTarget, init: AssociationInit) {
    this.#target = target
    this.#init = init
    this.#idleTimer = setTimeout(() => this.close(), idleMs)
  }

  send(payload: Buffer): void {
    this.#idleTimer.refresh()
    if (this.#init.pace?.sending?.takeNow(payload.length) === false) return this.#drop()
    if (this.#channel !== undefined) this.#channel.sendDatagram(payload, { target: this.#target })
    else if (this.#waiting.length < maxWaitingDatagrams) this.#waiting.push(payload)
  }

  opened(channel: Channel, span: ConnectionSpan | undefined): void {
    const handler: ChannelHandler = { onDatagram: (payload) => this.#answer(payload), onClose: () => this.close() }
    channel.setHandler(span?.watch(handler, channel) ?? handler)
    if (this.signal.aborted) return channel.disconnect()
    channel.resume()
    this.#channel = channel
    for (const payload of this.#waiting.splice(0)) channel.sendDatagram(payload, { target: this.#target })
  }

  close(): void {
    if (this.signal.aborted) return
    this.signal.abort(new Error('the association was closed'))
    clearTimeout(this.#idleTimer)
    this.#channel?.disconnect()
    this.#init.onClose()
  }

  #answer(payload: Uint8Array): void {
    if (this.signal.aborted) return
    this.isAnswered = true
    this.#idleTimer.refresh()
    if (this.#init.pace?.receiving?.takeNow(payload.length) === false) return this.#drop()
    this.#init.answer(payload)
  }

  #drop(): void {
    if (this.#channel !== undefined) this.#channel.droppedDatagrams++
  }
}

/** Idle time, in milliseconds. RFC 4787 §4.3: no mapping of UDP ends within two minutes of its last datagram. */
const idleMs = 120_000

/** Most sources of a port: each has an association at the other end. */
const defaultMaxSources = 1024

/** Most waiting datagrams: a program sends a few before it waits for an answer. */
const maxWaitingDatagrams = 64
