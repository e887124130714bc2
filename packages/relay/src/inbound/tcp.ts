import type { Duplex } from 'node:stream'
import { breakStream } from '@ls/dial'
import type { Logger, RareLog } from '@ls/foundation'
import type { Channel, ChannelHandler } from '@ls/mux'
import type { Cancellation } from '../cancellation.js'
import { type Pace, pacedPump } from '../copy/paced-channel.js'
import type { PayloadOptions } from '../copy/payload-options.js'
import { RelayError } from '../errors.js'
import type { Failure } from '../errors.js'
import { failureOf, formatFailure } from '../failure.js'
import type { ChannelSource } from '../offer/channel-source.js'
import { openAnswered, openAtOnce } from '../offer/opener.js'
import { formatTarget, type Target } from '../target.js'

export interface ServeTcpOptions extends PayloadOptions, ChannelSource {
  /** Answer success before the peer has. @default false */
  readonly fastOpen?: boolean | undefined
  /** Rates of the TCP traffic. @default no limit */
  readonly pace?: Pace | undefined
  readonly logger: Logger
  /** Rate-limited log for operators. @default nobody hears */
  readonly rareLog?: RareLog | undefined
}

/** A proxy client's request for a target, in any protocol. */
export interface TcpRequest {
  readonly target: Target
  /** Aborts when the client disconnects before it was answered. */
  readonly signal: Cancellation
  /** Tells the client that the target is reached, and returns its socket, paused and with all unread bytes. */
  succeed(): Duplex
  /** Tells the client the reason, and closes its socket. */
  fail(failure: Failure): void
}

/** Connects a proxy client with its target through a channel. */
export async function serveTcp(request: TcpRequest, options: ServeTcpOptions): Promise<void> {
  const { target, signal } = request
  const answered: { socket?: Duplex } = {}
  try {
    if (options.fastOpen === true) await openFast(request, options, answered)
    else await openSlow(request, options)
  } catch (error) {
    if (signal.aborted) return
    const failure = failureOf(error, formatTarget(target))
    if (failure.word === 'no-provider') options.rareLog?.warn('requests fail: no provider takes them', failure.detail)
    options.logger.debug(
      { target: formatTarget(target), reason: failure.word },
      `not reached: ${formatFailure(failure)}`,
    )
    // With fast open the client already got success: only a reset can report the failure.
    if (answered.socket !== undefined) breakStream(answered.socket, new RelayError(failure))
    else request.fail(failure)
  }
}

async function openSlow(request: TcpRequest, options: ServeTcpOptions): Promise<void> {
  const { target, signal } = request
  const answered = await openAnswered(options, { protocol: 'tcp', address: target, signal })
  const handler = join(request.succeed(), answered.channel, options)
  if (answered.closed !== undefined) handler.onClose?.(answered.closed)
}

async function openFast(
  request: TcpRequest,
  options: ServeTcpOptions,
  answered: { socket?: Duplex | undefined },
): Promise<void> {
  const { target, signal } = request
  const opened = openAtOnce(options, { protocol: 'tcp', address: target, signal })
  answered.socket = request.succeed()
  const { channel, closed } = await opened
  const handler = join(answered.socket, channel, options)
  if (closed !== undefined) handler.onClose?.(closed)
}

function join(socket: Duplex, channel: Channel, options: ServeTcpOptions): ChannelHandler {
  const handler = pacedPump(socket, channel, options, options.pace)
  channel.setHandler(handler)
  channel.resume()
  return handler
}
