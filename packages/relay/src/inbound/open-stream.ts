import type { Duplex } from 'node:stream'
import type { Address } from '@ls/codec'
import type { Cancellation } from '../cancellation.js'
import { type Pace, pacedDuplex } from '../copy/paced-channel.js'
import { RelayError } from '../errors.js'
import type { ChannelSource } from '../offer/channel-source.js'
import { openAnswered } from '../offer/opener.js'
import { parseTarget } from '../target.js'

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
  const { channel, closed } = await openAnswered(source, { protocol: 'tcp', address: target, signal })
  if (closed !== undefined) throw new RelayError({ word: 'failed', detail: 'the target closed immediately' })
  return pacedDuplex(channel, source.pace)
}
