import type { Protocol } from '@ls/codec'
import { type Channel, type ChannelCloseReason, MuxError, type OpenRequest, type Session } from '@ls/mux'
import type { Cancellation } from '../cancellation.js'
import { type Failure, RelayError } from '../errors.js'
import { parseFailure } from '../failure.js'
import type { CheckedTarget } from '../target.js'
import { type ConnectionSpan, step } from '../trace/spans.js'
import type { ChannelSource } from './channel-source.js'
import { offerInTurn, type OfferEvents } from './offer-race.js'

export interface OpenChannelRequest {
  readonly protocol: Protocol
  readonly address?: CheckedTarget | undefined
  readonly signal: Cancellation
  /** Span that the open is a part of. @default none */
  readonly span?: ConnectionSpan | undefined
}

/** A channel that the peer accepted. It may already be closed again, with the reason. */
export interface AnsweredChannel {
  readonly channel: Channel
  closed: ChannelCloseReason | undefined
}

/**
 * Opens a channel and waits for the peer's answer. The channel is paused, with a handler that the caller must replace
 * immediately.
 *
 * @throws RelayError with the peer's reason, or `forbidden` if the entry's rules do not allow the target
 */
export async function openAnswered(source: ChannelSource, request: OpenChannelRequest): Promise<AnsweredChannel> {
  const session = await step(request.span, 'linksocks.pick', () => pickFor(request, source))
  return firstToAnswer(session, source, request)
}

/**
 * Opens a channel for a client that already received success (fast open, protocol.md §1). With one session its data
 * follows Connect without waiting for the answer, or follows the answer if the peer cannot accept it earlier. With
 * several sessions the first to answer gets the data: data sent to a sleeping peer would be lost.
 */
export async function openAtOnce(source: ChannelSource, request: OpenChannelRequest): Promise<AnsweredChannel> {
  const session = await step(request.span, 'linksocks.pick', () => pickFor(request, source))
  if (source.pickOther?.(new Set([session])) !== undefined) return firstToAnswer(session, source, request)
  return { channel: session.open(openRequest(session, request)), closed: undefined }
}

async function pickFor({ address, signal }: OpenChannelRequest, source: ChannelSource): Promise<Session> {
  const refusal = address === undefined ? undefined : await source.entryRules?.refusalOf(address)
  if (refusal !== undefined) throw refusal
  const session = await source.pick(signal)
  signal.throwIfAborted()
  if (session.options.admission.mustWait) await admittedTo(session, signal)
  return session
}

/** Resolves when the session has memory for another channel. */
function admittedTo({ options: { admission } }: Session, signal: Cancellation): Promise<void> {
  return new Promise((resolve, reject) => {
    let giveUp = (): void => {}
    const onAbort = (): void => {
      giveUp()
      const reason = signal.reason as Error
      reject(reason)
    }
    signal.addEventListener('abort', onAbort, { once: true })
    giveUp = admission.wait((refusal) => {
      signal.removeEventListener('abort', onAbort)
      if (refusal === undefined) resolve()
      else reject(new RelayError({ word: 'busy', detail: refusal }))
    })
  })
}

function firstToAnswer(first: Session, source: ChannelSource, request: OpenChannelRequest): Promise<AnsweredChannel> {
  return step(request.span, 'linksocks.open', (span) => {
    return new Promise((onAccepted, onFailed) => {
      const offer = (session: Session, events: OfferEvents<AnsweredChannel>) =>
        offerChannel(session, span === undefined ? request : { ...request, span }, events)
      offerInTurn(first, { source, signal: request.signal, offer, onAccepted, onFailed })
    })
  })
}

function offerChannel(session: Session, request: OpenChannelRequest, events: OfferEvents<AnsweredChannel>): () => void {
  let channel: Channel
  try {
    channel = session.open(openRequest(session, request))
  } catch (error) {
    if (!(error instanceof MuxError) || error.code !== 'ERR_MUX_SESSION_CLOSED') throw error
    events.gone('the link was closed')
    return () => {}
  }
  const answered: AnsweredChannel = { channel, closed: undefined }
  // Paused, since deployed servers in agent mode may pass Data on before the answer that preceded it.
  channel.setHandler({
    onOpen: () => events.accepted(answered),
    onClose: (reason) => {
      answered.closed = reason
      if (reason.kind === 'session') events.gone(reason.error)
      else events.refused(failureOfClose(reason))
    },
  })
  return () => channel.abort('')
}

/** Converts the peer's reason to a failure. */
function failureOfClose({ error }: ChannelCloseReason): Failure {
  return parseFailure(error === '' ? 'failed: the peer closed the channel' : error)
}

function openRequest(session: Session, { protocol, address, span }: OpenChannelRequest): OpenRequest {
  // Deployed servers in agent mode handle Connect and the Data after it at the same time (protocol.md §1).
  const earlyData = session.options.window
  return { protocol, address, earlyData, traceparent: span?.traceparent }
}
