import type { Duplex } from 'node:stream'
import { breakStream } from '@ls/dial'
import { type Logger, type RareLog, textOf } from '@ls/foundation'
import type { Channel, ChannelHandler } from '@ls/mux'
import type { Cancellation } from '../cancellation.js'
import { type Pace, pacedPump } from '../copy/paced-channel.js'
import type { PayloadOptions } from '../copy/payload-options.js'
import { RelayError } from '../errors.js'
import type { Failure } from '../errors.js'
import { failureOf, formatFailure } from '../failure.js'
import type { ChannelSource } from '../offer/channel-source.js'
import { openAnswered, openAtOnce, type OpenChannelRequest } from '../offer/opener.js'
import { formatTarget, type CheckedTarget } from '../target.js'
import { beginSpan, type ConnectionSpan } from '../trace/spans.js'

export interface ServeTcpOptions extends PayloadOptions, ChannelSource {
  /** Whether to report success before the peer has. @default false */
  readonly fastOpen?: boolean | undefined
  /** Rates of the TCP traffic. @default no limit */
  readonly pace?: Pace | undefined
  readonly logger: Logger
  /** Rate-limited log for operators. @default none */
  readonly rareLog?: RareLog | undefined
}

/** A proxy client's request for a target, in any protocol. */
export interface TcpRequest {
  readonly target: CheckedTarget
  /** Aborts when the client disconnects before it was answered. */
  readonly signal: Cancellation
  /** Reports to the client that the target is reached, and returns its socket, paused and with all unread bytes. */
  succeed(): Duplex
  /** Reports the reason to the client, and closes its socket. */
  fail(failure: Failure): void
}

/** Connects a proxy client with its target through a channel. */
export async function serveTcp(request: TcpRequest, options: ServeTcpOptions): Promise<void> {
  const { target, signal } = request
  const answered: { socket?: Duplex } = {}
  const span = beginSpan({ name: 'linksocks.connection', target })
  const opening: OpenChannelRequest = { protocol: 'tcp', address: target, signal, span }
  try {
    if (options.fastOpen === true) await openFast(request, opening, options, answered)
    else await openSlow(request, opening, options)
  } catch (error) {
    span?.end(textOf(error))
    if (signal.aborted) return
    const failure = failureOf(error, formatTarget(target))
    if (failure.word === 'no-provider') options.rareLog?.warn('requests fail: no provider accepts them', failure.detail)
    options.logger.debug(
      { target: formatTarget(target), reason: failure.word },
      `not reached: ${formatFailure(failure)}`,
    )
    // With fast open the client already received success: only a reset can report the failure.
    if (answered.socket !== undefined) breakStream(answered.socket, new RelayError(failure))
    else request.fail(failure)
  }
}

async function openSlow(request: TcpRequest, opening: OpenChannelRequest, options: ServeTcpOptions): Promise<void> {
  const answered = await openAnswered(options, opening)
  const handler = join(request.succeed(), answered.channel, options, opening.span)
  if (answered.closed !== undefined) handler.onClose?.(answered.closed)
}

async function openFast(
  request: TcpRequest,
  opening: OpenChannelRequest,
  options: ServeTcpOptions,
  answered: { socket?: Duplex | undefined },
): Promise<void> {
  const opened = openAtOnce(options, opening)
  answered.socket = request.succeed()
  const { channel, closed } = await opened
  const handler = join(answered.socket, channel, options, opening.span)
  if (closed !== undefined) handler.onClose?.(closed)
}

function join(
  socket: Duplex,
  channel: Channel,
  options: ServeTcpOptions,
  span: ConnectionSpan | undefined,
): ChannelHandler {
  const pump = pacedPump(socket, channel, options, options.pace)
  const handler = span?.watch(pump, channel) ?? pump
  channel.setHandler(handler)
  channel.resume()
  return handler
}
