import { decode, encode, type ExposedMessage, type ExposeMessage, MessageType, peekType } from '@ls/codec'
import { textOf } from '@ls/foundation'
import { type Exposure, formatPlace, readExposure } from '@ls/relay'
import { ServerError } from '../errors.js'
import type { Peer } from '../links/peer.js'
import { type Exposures, refusalText } from './exposures.js'

/** Handles a message of a peer that belongs to no channel, if it is Expose (protocol.md §3.7). */
export function answerExpose(exposures: Exposures, peer: Peer, bytes: Uint8Array): void {
  if (peekType(bytes) !== MessageType.Expose) return
  const message = decode(bytes)
  if (message.type !== MessageType.Expose) return
  const answer = (outcome: Pick<ExposedMessage, 'open' | 'error'>): void => {
    const { session } = peer
    if (session.state !== 'closed') session.send(encode({ type: MessageType.Exposed, id: message.id, ...outcome }))
  }
  open(exposures, peer, message)
    .then(
      ({ place }) => answer({ open: formatPlace(place) }),
      (error: unknown) => answer({ error: refusalText(error).slice(0, maxRefusalCharacters) }),
    )
    // An uncaught rejection would end the process; only this session may end.
    .catch(() => peer.session.close('a request for a port could not be answered'))
}

async function open(
  exposures: Exposures,
  { record, instance, remoteAddress: address }: Peer,
  message: ExposeMessage,
): Promise<Exposure> {
  if (record.kind === 'reverse') return exposures.ask({ record, instance, address }, read(message))
  throw new ServerError('ERR_SERVER_EXPOSE_REFUSED', 'only providers expose ports')
}

function read(message: ExposeMessage): Exposure {
  try {
    return readExposure(message)
  } catch (error) {
    throw new ServerError('ERR_SERVER_EXPOSE_REFUSED', textOf(error), { cause: error })
  }
}

/** Longest reason for a person, in characters; far below the largest message. */
const maxRefusalCharacters = 1000
