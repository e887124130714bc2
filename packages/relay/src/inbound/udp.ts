import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { isIPv6, type Socket } from 'node:net'
import type { Address } from '@ls/codec'
import { type Logger, textOf } from '@ls/foundation'
import type { Channel, ChannelHandler } from '@ls/mux'
import { decodeDatagram, encodeDatagram, parseDestination, SocksError } from '@ls/socks5'
import type { AcceptedRequest } from '@ls/socks5/node'
import type { Pace } from '../copy/paced-channel.js'
import { RelayError } from '../errors.js'
import { failureOf, formatFailure, replyOf } from '../failure.js'
import type { ChannelSource } from '../offer/channel-source.js'
import { openAnswered } from '../offer/opener.js'
import type { EntryRules } from '../rules/entry-rules.js'
import { parseTarget, type CheckedTarget } from '../target.js'
import { beginSpan } from '../trace/spans.js'
import { watchGone } from './watch-gone.js'

/** Limits of UDP associations of a proxy port. */
export interface InboundUdpOptions {
  /** Idle time after which an association without a datagram either way is closed, in milliseconds. @default 300000 */
  readonly idleMs?: number | undefined
}

export interface ServeUdpAssociateOptions extends ChannelSource {
  readonly udp?: InboundUdpOptions | undefined
  /** Address announced to the client instead of the one it reached. */
  readonly udpAdvertise?: string | undefined
  /** Rates of all clients together: datagrams beyond them are dropped. @default no limit */
  readonly pace?: Pace | undefined
  readonly logger: Logger
}

/** Serves UDP ASSOCIATE (RFC 1928 §7): the association lasts as long as its TCP connection. */
export async function serveUdpAssociate(
  accepted: AcceptedRequest<Socket>,
  options: ServeUdpAssociateOptions,
): Promise<void> {
  const { socket, reply, request } = accepted
  // A client on a UNIX socket has no address, so its datagrams could not be distinguished from others.
  if (socket.remoteAddress === undefined && !socket.destroyed) return reply('forbidden')
  const gone = watchGone(socket)
  // The connection carries no more data, but must be read so that its end is noticed.
  socket.on('end', () => socket.end())
  socket.resume()
  let udp: UdpSocket | undefined
  const span = beginSpan({ name: 'linksocks.association' })
  try {
    udp = await bindBeside(socket)
    const answered = await openAnswered(options, { protocol: 'udp', signal: gone.signal, span })
    const host = options.udpAdvertise ?? plainAddress(socket.localAddress ?? '127.0.0.1')
    const association = new InboundAssociation(socket, udp, answered.channel, request.destination, options)
    const handler = span?.watch(association, answered.channel) ?? association
    answered.channel.setHandler(handler)
    if (answered.closed !== undefined) return handler.onClose?.(answered.closed)
    answered.channel.resume()
    reply('succeeded', parseDestination(host, udp.address().port))
  } catch (error) {
    udp?.close()
    span?.end(textOf(error))
    if (gone.signal.aborted) return
    const failure = failureOf(error, 'UDP')
    options.logger.debug({ reason: failure.word }, `no UDP association: ${formatFailure(failure)}`)
    reply(replyOf(failure.word))
  } finally {
    gone.release()
  }
}

class InboundAssociation implements ChannelHandler {
  readonly #control: Socket
  readonly #udp: UdpSocket
  readonly #channel: Channel
  readonly #logger: Logger
  readonly #entryRules: EntryRules | undefined
  readonly #pace: Pace | undefined
  readonly #clientAddress: string
  /** Source port that the client announced, 0 for none. It is only a hint: many clients announce their target. */
  readonly #announcedPort: number
  /** Port from which the client sends, 0 until its first datagram. */
  #clientPort = 0
  readonly #idleTimer: NodeJS.Timeout
  #closed = false
  /** Number of datagrams that wait for the lookup of their target. */
  #waiting = 0

  constructor(
    control: Socket,
    udp: UdpSocket,
    channel: Channel,
    announced: Address,
    { udp: udpOptions, logger, entryRules, pace }: ServeUdpAssociateOptions,
  ) {
    this.#control = control
    this.#udp = udp
    this.#channel = channel
    this.#logger = logger
    this.#entryRules = entryRules
    this.#pace = pace
    this.#clientAddress = plainAddress(control.remoteAddress ?? '')
    // Behind NAT the address and port that the client announces are wrong (RFC 1928 §7 asks for both).
    this.#announcedPort = plainAddress(announced.host) === this.#clientAddress ? announced.port : 0
    this.#idleTimer = setTimeout(() => control.destroy(), udpOptions?.idleMs ?? defaultIdleMs)
    control.once('close', () => channel.disconnect())
    udp.on('message', (bytes, from) => this.#receive(bytes, from))
    udp.on('error', () => control.destroy())
  }

  onDatagram(payload: Uint8Array, source: Address | undefined): void {
    if (source === undefined || this.#clientPort === 0) return this.#drop('no client has sent a datagram yet')
    this.#idleTimer.refresh()
    if (this.#pace?.receiving?.takeNow(payload.length) === false) return this.#drop(beyondRate)
    try {
      const bytes = encodeDatagram(parseDestination(source.host, source.port), payload)
      this.#udp.send(bytes, this.#clientPort, this.#clientAddress)
    } catch (error) {
      this.#drop((error as Error).message)
    }
  }

  onClose(): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#idleTimer)
    this.#udp.close()
    this.#control.destroy()
  }

  #receive(bytes: Buffer, from: RemoteInfo): void {
    if (!this.#isClient(from)) return this.#drop(`it came from ${from.address}, not from the association's client`)
    this.#idleTimer.refresh()
    try {
      const { destination, payload } = decodeDatagram(bytes)
      const target = parseTarget(destination)
      if (target instanceof RelayError) return this.#drop(target.message)
      if (this.#pace?.sending?.takeNow(payload.length) === false) return this.#drop(beyondRate)
      if (this.#entryRules === undefined) this.#channel.sendDatagram(payload, { target })
      else void this.#sendIfAllowed(payload, target, this.#entryRules)
    } catch (error) {
      if (!(error instanceof SocksError)) throw error
      this.#drop(error.message)
    }
  }

  /** Sends a datagram if its target is allowed. Lookups take time, so they must not accumulate in a flood. */
  async #sendIfAllowed(payload: Uint8Array, target: CheckedTarget, rules: EntryRules): Promise<void> {
    if (this.#waiting >= maxWaitingDatagrams) return this.#drop('too many datagrams wait for the lookup of their names')
    this.#waiting++
    const refusal = await rules.refusalOf(target)
    this.#waiting--
    if (refusal !== undefined) return this.#drop(refusal.message)
    if (!this.#closed) this.#channel.sendDatagram(payload, { target })
  }

  /**
   * Whether a datagram comes from the client. Its address must be that of the connection (RFC 1928 §6). The first
   * datagram sets the port, but one from the announced port sets it permanently. So no other program at that address
   * can take over the association.
   */
  #isClient({ address, port }: RemoteInfo): boolean {
    if (plainAddress(address) !== this.#clientAddress) return false
    if (this.#clientPort === 0 || port === this.#announcedPort) this.#clientPort = port
    return port === this.#clientPort
  }

  #drop(reason: string): void {
    this.#channel.droppedDatagrams++
    this.#logger.trace({ reason }, 'datagram dropped')
  }
}

const beyondRate = 'it is beyond the rate of this token'

const defaultIdleMs = 300_000

/** Most waiting datagrams: programs send a few before they wait for an answer. */
const maxWaitingDatagrams = 64

/** Opens a socket on the address that the client reached over TCP, so that its datagrams arrive there too. */
async function bindBeside(control: Socket): Promise<UdpSocket> {
  const address = plainAddress(control.localAddress ?? '127.0.0.1')
  const udp = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
  udp.bind({ address, port: 0, exclusive: true })
  await once(udp, 'listening')
  return udp
}

/** Converts IPv4 in IPv6 (RFC 4291 §2.5.5.2) to IPv4. */
function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.)/i, '')
}
