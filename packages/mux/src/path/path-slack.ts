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

/** Time of a round trip through two loaded event loops, in milliseconds; the network itself takes less. */
export const turnMs = 20

/**
 * Most bytes that a path may hold if BBR is to leave its start, a third of the largest send buffer of Linux (4 MiB). On
 * a path that holds more, BBR sends at three times the rate whenever it has data, so it must not get more than the path
 * and its queue hold.
 */
export const mostSteadyBytes = 1_398_101

/**
 * BBR sends at three quarters of the rate for one round trip in eight, and a queue has to fill the gap. Simulated at 50
 * ms, 12 ms had 0.95 of plain TCP's throughput, 20 ms 0.98; at 200 ms an eighth of a round trip makes 0.94 to 0.95.
 */
const leastSlackMs = 20
const slackShare = 1 / 8

/** Least queue, in messages: on a slow path an Ack follows every second message, so three must be in flight. */
const slackMessages = 3
