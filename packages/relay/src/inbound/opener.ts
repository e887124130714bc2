import type { Address, Protocol } from '@ls/codec'
import type { Channel, ChannelCloseReason, Session } from '@ls/mux'
import type { Cancellation } from '../cancellation.js'
import { OpenRace } from './open-race.js'
import { openRequest } from './open-request.js'

/** Chooses the session for a new channel; waits for one up to a limit of its own, then rejects with `no-provider`. */
export type SessionPicker = (signal: Cancellation) => Session | Promise<Session>

/** Where channels are opened. */
export interface ChannelSource {
  /** Chooses the session for each channel. */
  readonly pick: SessionPicker
  /** Another live session for an open that `tried` do not answer. @default none: there is no other way */
  readonly pickOther?: (tried: ReadonlySet<Session>) => Session | undefined
  /**
   * How long an open waits in all, in milliseconds, when none of those asked can be reached at the end of it; those with a
   * link have their own time. @default as long as a channel waits for its answer
   */
  readonly unlinkedLimitMs?: number
}

export interface OpenChannelRequest {
  readonly protocol: Protocol
  readonly address?: Address
  readonly signal: Cancellation
}

/** A channel that the peer accepted; it may be closed again before anyone looks, and then says why. */
export interface AnsweredChannel {
  readonly channel: Channel
  closed: ChannelCloseReason | undefined
}

/**
 * Opens a channel and waits for a peer's answer. The channel comes paused, with a handler that the caller must replace
 * before anything else happens.
 *
 * @throws RelayError with the peer's reason
 */
export async function openAnswered(source: ChannelSource, request: OpenChannelRequest): Promise<AnsweredChannel> {
  const session = await source.pick(request.signal)
  request.signal.throwIfAborted()
  return new OpenRace(source, request).run(session)
}

/**
 * Opens a channel for a client that was told of success already (fast open, protocol.md §1). Where there is one session,
 * nobody waits for the answer: what is sent goes right behind Connect, or right after the answer where the peer cannot take
 * it earlier. Where there are more, the first to answer gets it: what a peer that sleeps was sent would be lost.
 */
export async function openAtOnce(source: ChannelSource, request: OpenChannelRequest): Promise<AnsweredChannel> {
  const session = await source.pick(request.signal)
  request.signal.throwIfAborted()
  if (source.pickOther?.(new Set([session])) !== undefined) return new OpenRace(source, request).run(session)
  return { channel: session.open(openRequest(session, request)), closed: undefined }
}
