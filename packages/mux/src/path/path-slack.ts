import type { PathSample } from './path-sampler.js'
import { minMessageBytes } from './start-bytes.js'

/** Returns the shortest round trip, in milliseconds, that is not jitter of the machines. */
export function baseOf({ baseMs }: PathSample): number {
  return Math.max(baseMs, turnMs)
}

/** Returns the queue that keeps the path always in use, in milliseconds. */
export function slackOf({ rate, baseMs }: PathSample): number {
  return Math.max(leastSlackMs, baseMs * slackShare, (slackMessages * minMessageBytes) / rate)
}

/**
 * Returns the time on the path of the bytes in flight where losses hide the queue, in milliseconds. With `relaxed`,
 * urgent messages have another transport.
 */
export function looseMs(sample: PathSample, relaxed: boolean): number {
  return (relaxed ? relaxedRoundTrips : lossRoundTrips) * baseOf(sample) + slackOf(sample)
}

/**
 * Returns the length of a bulk message that fills whole packets: at most `bytes`, but at least a packet. The kernel
 * sends a message when it gets it, so the rest of a packet would cost the headers of a full one.
 */
export function wholePackets(bytes: number): number {
  return Math.max(Math.floor((bytes + headerBytes) / packetBytes), 1) * packetBytes - headerBytes
}

/** Round trips in flight, for messages that losses delay. */
const lossRoundTrips = 2.5
const relaxedRoundTrips = 8

/** Headers of Data, WebSocket and TLS before the payload of a message. */
const headerBytes = 48

/** Payload of a packet of 1500 bytes: IPv6 and TCP with time stamps take the rest. */
const packetBytes = minMessageBytes + headerBytes

/** Time of a round trip through two loaded event loops, in milliseconds; the network itself takes less. */
export const turnMs = 20

/**
 * Most bytes that a path may hold if BBR is to leave its start, a third of the largest send buffer of Linux (4 MiB). On
 * a path that holds more, BBR sends at three times the rate whenever it has data, so it must not get more than the path
 * and its queue hold.
 */
export const mostSteadyBytes = 1_398_101

/**
 * Covers late event loops. It need not cover the gaps that BBR makes when it sends at three quarters of the rate: the
 * limit leaves BBR without data, and so it stays in its start (docs/decisions/0101).
 */
const leastSlackMs = 10
const slackShare = 1 / 8

/** Least queue, in messages: on a slow path an Ack follows every second message, so three must be in flight. */
const slackMessages = 3
