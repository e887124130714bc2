import type { Duplex } from 'node:stream'
import { type Address, isDirectTarget } from '@ls/codec'
import { textOf } from '@ls/foundation'
import type { Cancellation } from '../cancellation.js'
import { type Pace, pacedDuplex } from '../copy/paced-channel.js'
import { RelayError } from '../errors.js'
import { parseFailure } from '../failure.js'
import type { ChannelSource } from '../offer/channel-source.js'
import { openAnswered } from '../offer/opener.js'
import { parseTarget } from '../target.js'
import { beginSpan } from '../trace/spans.js'

interface StreamSource extends ChannelSource {
  /** Rates of the stream. @default no limit */
  readonly pace?: Pace | undefined
}

/**
 * Opens a connection to a target as a Node stream; resolves when the other end has reached the target.
 *
 * @throws RelayError if it was not reached
 */
export async function openStream(source: StreamSource, asked: Address, signal: Cancellation): Promise<Duplex> {
  const target = parseTarget(asked)
  if (target instanceof RelayError) throw target
  // A channel in which two ends negotiate a direct path is no connection of a program.
  const span = isDirectTarget(target) ? undefined : beginSpan({ name: 'linksocks.connection', target })
  try {
    const { channel, closed } = await openAnswered(source, { protocol: 'tcp', address: target, signal, span })
    if (closed !== undefined) throw new RelayError(parseFailure(closed.error || 'the target closed immediately'))
    return pacedDuplex(channel, source.pace, span)
  } catch (error) {
    span?.end(textOf(error))
    throw error
  }
}
