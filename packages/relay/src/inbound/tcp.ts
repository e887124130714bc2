import type { Socket } from 'node:net'
import type { Address } from '@ls/codec'
import type { Channel, ChannelHandler, Logger } from '@ls/mux'
import { type Failure, failureOf, formatFailure } from '../failure.js'
import type { PayloadOptions } from '../payload-sender.js'
import { pump } from '../pump.js'
import { formatTarget } from '../target.js'
import { openAnswered, openAtOnce, type SessionPicker } from './opener.js'

export interface ServeTcpOptions extends PayloadOptions {
  readonly pick: SessionPicker
  /** Answer success before the peer has. @default false */
  readonly fastOpen?: boolean
  readonly logger: Logger
}

/** A proxy client that asked for a target, whatever protocol it asked in. */
export interface TcpRequest {
  /** Paused; its first bytes are those that came behind the request. */
  readonly socket: Socket
  readonly target: Address
  /** Tells the client that the target is reached. */
  succeed(): void
  /** Tells the client why it is not, and closes the socket. */
  fail(failure: Failure): void
}

/** Connects a proxy client with its target through a channel. */
export async function serveTcp(request: TcpRequest, options: ServeTcpOptions): Promise<void> {
  const gone = new AbortController()
  const onClose = (): void => gone.abort(new Error('the proxy client went away'))
  const { socket, target } = request
  socket.once('close', onClose)
  try {
    if (options.fastOpen === true) await openFast(request, options, gone.signal)
    else await openSlow(request, options, gone.signal)
  } catch (error) {
    if (gone.signal.aborted) return
    const failure = failureOf(error, formatTarget(target))
    options.logger.debug({ target: formatTarget(target), reason: failure.word }, `not reached: ${formatFailure(failure)}`)
    // With fast open the client was told of success already: a reset is all that is left to say.
    if (options.fastOpen === true) socket.resetAndDestroy()
    else request.fail(failure)
  } finally {
    socket.off('close', onClose)
  }
}

async function openSlow(request: TcpRequest, options: ServeTcpOptions, signal: AbortSignal): Promise<void> {
  const answered = await openAnswered(options.pick, { protocol: 'tcp', address: request.target, signal })
  request.succeed()
  const handler = join(request, answered.channel, options)
  if (answered.closed !== undefined) handler.onClose(answered.closed)
}

async function openFast(request: TcpRequest, options: ServeTcpOptions, signal: AbortSignal): Promise<void> {
  const opened = openAtOnce(options.pick, { protocol: 'tcp', address: request.target, signal })
  request.succeed()
  join(request, await opened, options)
}

function join(request: TcpRequest, channel: Channel, options: ServeTcpOptions): ChannelHandler {
  const handler = pump(request.socket, channel, options)
  channel.setHandler(handler)
  channel.resume()
  return handler
}
