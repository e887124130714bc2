import {
  checkDurationMs,
  checkInteger,
  type Clock,
  type Logger,
  loggerOfPart,
  systemClock,
  type Given,
} from '@ls/foundation'
import { type CheckedTiming, checkKeepaliveTiming, type KeepaliveTiming } from '@ls/mux'

/** Options of one link, on either side. */
export interface TransportOptions {
  /**
   * Largest message accepted from the peer, in bytes; a larger one closes the link with 1009. The default is the
   * protocol's limit.
   * @default 33_554_432
   */
  readonly maxMessageBytes?: number | undefined
  /**
   * Bytes that may wait in the process before `send` returns false. The kernel sizes the socket buffer below it to the
   * path, so this covers only the time until the event loop turns: two of our largest messages. A higher value was not
   * faster, and makes urgent messages wait behind bulk. The effective value is at least the socket's own mark (16 or 64
   * KiB, by the version of Node).
   * @default 131_072
   */
  readonly highWaterBytes?: number | undefined
  /**
   * Period of pings, and time after which a silent peer is dead; `false` for neither. @default pings every 20 s, dead
   * after 45 s
   */
  readonly heartbeat?: KeepaliveTiming | false | undefined
  /** Time that a closing link waits for the peer's answer before it is cut, in milliseconds. @default 5000 */
  readonly closeTimeoutMs?: number | undefined
  /** Clock for the heartbeat and for unread messages after the end. @default the system's */
  readonly clock?: Clock | undefined
  /** Receives ends and redirects (debug), refusals (info) and faults of the owner (error). @default silent */
  readonly logger?: Logger | undefined
}

/** Checked options of a transport, with their defaults; `heartbeat` is `false` where it is off. */
export type ResolvedTransportOptions = Given<TransportOptions> & { readonly heartbeat: CheckedTiming | false }

/** Fills in the defaults. @throws RangeError naming the option and its limits. */
export function resolveTransportOptions(options: TransportOptions): ResolvedTransportOptions {
  return {
    // ws keeps the limit in 32 bits, where 0 means none.
    maxMessageBytes: checkInteger('maxMessageBytes', options.maxMessageBytes ?? 32 * 1024 * 1024, 1, 0x7fffffff),
    highWaterBytes: checkInteger('highWaterBytes', options.highWaterBytes ?? 128 * 1024, 1),
    heartbeat: options.heartbeat !== false && checkKeepaliveTiming(options.heartbeat ?? {}, 'heartbeat'),
    closeTimeoutMs: checkDurationMs('closeTimeoutMs', options.closeTimeoutMs ?? 5000),
    clock: options.clock ?? systemClock,
    logger: loggerOfPart(options.logger, 'transport'),
  }
}
