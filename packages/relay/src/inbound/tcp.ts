import type { Duplex } from 'node:stream'
import { breakStream } from '@ls/http-proxy'
import type { Logger, RareLog } from '@ls/foundation'
import type { Channel, ChannelHandler } from '@ls/mux'
import type { Cancellation } from '../cancellation.js'
import { RelayError } from '../errors.js'
import type { Failure } from '../errors.js'
import { failureOf, formatFailure } from '../failure.js'
import type { PayloadOptions } from '../copy/payload-options.js'
import { pump } from '../copy/pump.js'
import { formatTarget, type Target } from '../target.js'
import type { ChannelSource } from '../offer/channel-source.js'
import { openAnswered, openAtOnce } from '../offer/opener.js'

export interface ServeTcpOptions extends PayloadOptions, ChannelSource {
  /** Answer success before the peer has. @default false */
  readonly fastOpen?: boolean
  readonly logger: Logger
  /** For what a person should hear of, however often it happens. @default nobody hears */
  readonly rareLog?: RareLog
}

/** A proxy client that asked for a target, whatever protocol it asked in. */
export interface TcpRequest {
  readonly target: Target
  /** Aborts when the client goes away before it was answered. */
  readonly signal: Cancellation
  /** Tells the client that the target is reached, and hands its socket over: paused, nothing it sent lost. */
  succeed(): Duplex
  /** Tells the client why it is not, and closes its socket. */
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
    // With fast open the client was told of success already: a reset is all that is left to say.
    if (answered.socket !== undefined) breakStream(answered.socket, new RelayError(failure))
    else request.fail(failure)
  }
}

async function openSlow(request: TcpRequest, options: ServeTcpOptions): Promise<void> {
  const { target, signal } = request
  const answered = await openAnswered(options, { protocol: 'tcp', address: target, signal })
  const handler = join(request.succeed(), answered.channel, options)
  if (answered.closed !== undefined) handler.onClose(answered.closed)
}

async function openFast(request: TcpRequest, options: ServeTcpOptions, answered: { socket?: Duplex }): Promise<void> {
  const { target, signal } = request
  const opened = openAtOnce(options, { protocol: 'tcp', address: target, signal })
  answered.socket = request.succeed()
  const { channel, closed } = await opened
  const handler = join(answered.socket, channel, options)
  if (closed !== undefined) handler.onClose(closed)
}

function join(socket: Duplex, channel: Channel, options: ServeTcpOptions): ChannelHandler {
  const handler = pump(socket, channel, options)
  channel.setHandler(handler)
  channel.resume()
  return handler
}
