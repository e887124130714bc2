import type { Protocol } from '@ls/codec'
import type { Channel, ChannelCloseReason, ChannelHandler, Session } from '@ls/mux'
import { MuxError } from '@ls/mux'
import type { Cancellation } from '../cancellation.js'
import { RelayError } from '../errors.js'
import { type Failure, parseFailure } from '../failure.js'
import type { Target } from '../target.js'

/** Chooses the session for a new channel; waits for one up to a limit of its own, then rejects with `no-provider`. */
export type SessionPicker = (signal: Cancellation) => Session | Promise<Session>

export interface OpenChannelRequest {
  readonly protocol: Protocol
  readonly address?: Target
  readonly signal: Cancellation
}

/** A channel that the peer accepted; it may be closed again before anyone looks, and then says why. */
export interface AnsweredChannel {
  readonly channel: Channel
  closed: ChannelCloseReason | undefined
}

/**
 * Opens a channel and waits for the peer's answer; when the chosen session dies before it answered, another one gets
 * its turn. The channel comes paused, with a handler that the caller must replace before anything else happens.
 *
 * @throws RelayError with the peer's reason
 */
export async function openAnswered(pick: SessionPicker, request: OpenChannelRequest): Promise<AnsweredChannel> {
  for (let attempt = 1; ; attempt++) {
    const session = await pick(request.signal)
    request.signal.throwIfAborted()
    const outcome = await attemptOpen(session, request)
    if (!('kind' in outcome)) return outcome
    if (outcome.kind !== 'session' || attempt === maxAttempts) throw new RelayError(failureOfClose(outcome))
  }
}

/**
 * Opens a channel without waiting for the answer (fast open, protocol.md §1): what is sent goes right behind Connect, or
 * right after the answer where the peer cannot take it earlier. The channel comes paused and without a handler, which
 * has to be set in the same turn.
 */
export async function openAtOnce(pick: SessionPicker, request: OpenChannelRequest): Promise<Channel> {
  const session = await pick(request.signal)
  request.signal.throwIfAborted()
  return session.open(openRequest(session, request))
}

/** What the peer said, as a failure. */
function failureOfClose(reason: ChannelCloseReason): Failure {
  if (reason.kind === 'session') return { word: 'no-provider', detail: reason.error }
  return parseFailure(reason.error === '' ? 'failed: the peer closed the channel' : reason.error)
}

/** Sessions tried for one request: the chosen one may be dead without anyone knowing, two in a row rarely are. */
const maxAttempts = 3

function attemptOpen(session: Session, request: OpenChannelRequest): Promise<AnsweredChannel | ChannelCloseReason> {
  return new Promise((resolve, reject) => {
    const { signal } = request
    const onAbort = (): void => answered?.channel.abort('')
    const handler: ChannelHandler = {
      onOpen: () => {
        signal.removeEventListener('abort', onAbort)
        if (answered !== undefined) resolve(answered)
      },
      onClose: (reason) => {
        if (answered !== undefined) answered.closed = reason
        signal.removeEventListener('abort', onAbort)
        resolve(reason)
      },
    }
    let answered: AnsweredChannel | undefined
    try {
      // Paused: deployed servers in agent mode may pass Data on before the answer that it came behind.
      const channel = session.open(openRequest(session, request))
      channel.setHandler(handler)
      answered = { channel, closed: undefined }
      signal.addEventListener('abort', onAbort, { once: true })
    } catch (error) {
      if (error instanceof MuxError && error.code === 'ERR_MUX_SESSION_CLOSED') resolve(sessionGone)
      else reject(error instanceof Error ? error : new Error(String(error)))
    }
  })
}

const sessionGone: ChannelCloseReason = { kind: 'session', error: 'the link was closed' }

function openRequest(session: Session, { protocol, address }: OpenChannelRequest) {
  // Deployed servers in agent mode handle Connect and the Data behind it at the same time (protocol.md §1).
  const earlyData = session.options.window
  return { protocol, earlyData, ...(address === undefined ? {} : { address }) }
}
