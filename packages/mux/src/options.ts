import { type Compressor, defaultWindowBytes, type Extension } from '@ls/codec'
import {
  checkDurationMs,
  checkInteger,
  type Clock,
  type Given,
  type Logger,
  loggerOfPart,
  systemClock,
} from '@ls/foundation'
import { maxBasePayloadBytes } from './channel/peer-rules.js'
import { IdleWindows } from './flow/idle-windows.js'
import { BaseMessageSize } from './link/base-message-size.js'
import type { Admission } from './memory/admission.js'
import type { FramePool, FrameSource } from './memory/frame-pool.js'
import { MemoryBudget } from './memory/memory-budget.js'
import type { SharedBudget } from './memory/shared-budget.js'
import type { SharedPath } from './path/shared/shared-path.js'
import type { CompressedData } from './session/compressed-data.js'
import type { SessionParts, TraceCode } from './session/session-parts.js'

/** Terms that both ends agreed on when the link was opened (protocol.md §3). */
export interface LinkTerms {
  /** Features in force on this session. @default [] (a base link) */
  readonly extensions?: readonly Extension[] | undefined
  /** First credit that the peer grants on each channel, in bytes: the peer's Hello. @default 262144 */
  readonly peerWindowBytes?: number | undefined
  /** First credit that we grant, in bytes: our Hello. @default 262144 */
  readonly windowBytes?: number | undefined
}

/** Limits and times of a {@link Session}, in addition to the terms of its link. */
export interface SessionOptions extends LinkTerms {
  /** Source of time. @default the process's clock */
  readonly clock?: Clock | undefined
  /** @default silent */
  readonly logger?: Logger | undefined
  /**
   * Inflates compressed Data for handlers that do not do so themselves. Without one, a channel with such Data is
   * aborted.
   */
  readonly compressor?: Compressor | undefined
  /**
   * Counts data as consumed once its handler has returned, so that `consumed` need not be called. Only for handlers
   * that have processed the bytes by then, or pause the channel until they have. @default false
   */
  readonly autoConsume?: boolean | undefined
  /** Channels on one session at the same time; each costs memory at both ends. @default 65536 */
  readonly maxChannels?: number | undefined
  /**
   * Window of a new channel, in bytes: the first credit from Hello, and the rest immediately in a Window message while
   * memory is not short. @default `windowBytes`
   */
  readonly startWindowBytes?: number | undefined
  /** Largest size of a channel's window, in bytes: 16 MiB fill 600 Mbit/s at 200 ms. @default 16777216 */
  readonly maxWindowBytes?: number | undefined
  /** Limit for all windows and queues of a session together, in bytes. @default 128 MiB */
  readonly budgetBytes?: number | undefined
  /** Parent of the session's budget: the tenant's, and above it the process's. @default none */
  readonly parentBudget?: SharedBudget | undefined
  /** Base links: messages that may wait for one channel's consumer before reading stops. @default 1000 */
  readonly queueMessages?: number | undefined
  /** Base links: bytes that may wait for one channel's consumer before reading stops. @default 1048576 */
  readonly queueBytes?: number | undefined
  /** Time for which one stuck channel may block all others before it is cut, in milliseconds. @default 30000 */
  readonly stuckTimeoutMs?: number | undefined
  /**
   * Time without progress after which a channel that is only sending its last bytes is cut, in milliseconds.
   * @default 60000
   */
  readonly lingerMs?: number | undefined
  /** Memory for control messages that the peer does not read, in bytes; above it the session ends. @default 16 MiB */
  readonly controlQueueBytes?: number | undefined
  /**
   * Bytes of one channel that may wait to be sent before `send` returns false; fewer while memory is short. @default
   * 131072
   */
  readonly sendQueueBytes?: number | undefined
  /**
   * Bytes that a channel may send in its turn, and the largest Data payload we send: one full read of a socket. Half
   * the size took a tenth more CPU time for bulk. 23 bytes less took a twentieth more, since a part of each read was
   * then left over.
   * @default 65536
   */
  readonly quantumBytes?: number | undefined
  /**
   * Base links: the largest Data payload we send on a fast link, in bytes: every deployed peer accepts it. Never less
   * than `quantumBytes`. @default 1040360 (1 MiB less 8 KiB and the header), or `quantumBytes` where that is given
   */
  readonly baseMessageBytes?: number | undefined
  /** Frame buffers shared by sessions; they are recycled only with `resume`. @default the process's */
  readonly framePool?: FramePool | undefined
  /** Resume: what the transports of several sessions share, where they lead to the same process. @default none */
  readonly sharedPath?: SharedPath | undefined
  /** Datagrams that may wait in one channel and direction; further ones are dropped and counted. @default 256 */
  readonly datagramQueue?: number | undefined
  /** Resume: unacknowledged bytes kept for resending; at the limit sending stops. @default 33554432 */
  readonly replayLimitBytes?: number | undefined
  /** Resume: time that channels are kept without a transport, in milliseconds. @default 60000 */
  readonly graceMs?: number | undefined
  /** Time without a byte after which a channel is closed, in milliseconds. @default 43200000 (12 h) */
  readonly idleLimitMs?: number | undefined
  /** Interval between checks for idle channels, in milliseconds. @default 60000 */
  readonly idleCheckMs?: number | undefined
}

export type ResolvedSessionOptions = Readonly<
  Given<
    Omit<
      SessionOptions,
      | 'autoConsume'
      | 'compressor'
      | 'parentBudget'
      | 'extensions'
      | 'budgetBytes'
      | 'baseMessageBytes'
      | 'framePool'
      | 'sharedPath'
    >
  > & {
    /** Only with `autoConsume`. */
    consuming: SessionParts['consuming']
    framePool: FrameSource
    compressor: Compressor | undefined
    /** Undefined where the session aborts channels with compressed data. */
    compressed: CompressedData | undefined
    budget: MemoryBudget
    /** Charged for bytes that sockets still hold after their channel or session is closed. */
    lingerBudget: MemoryBudget
    idleWindows: IdleWindows
    /** Only on a base link. */
    baseMessageSize: BaseMessageSize | undefined
    admission: Pick<Admission, 'mustWait' | 'wait' | 'close'>
    window: boolean
    fin: boolean
    resume: boolean
    ack2: boolean
    /** A second transport may carry copies of urgent messages. */
    urgent: boolean
    /** Present if Connect may carry a traceparent. */
    trace: TraceCode | undefined
  }
>

/**
 * Returns the first credit to announce in Hello for each channel, for a session whose windows start with
 * `startWindowBytes`. It is small, since it cannot be taken back when memory is short; the rest follows on each channel
 * in a Window. It holds the first TLS message or the head of a request, so data before the answer needs no further
 * round trip.
 */
export function helloWindowBytes(startWindowBytes: number): number {
  return Math.min(startWindowBytes, 4096)
}

const defaultQuantumBytes = 65_536

/** Applies the defaults and checks the ranges; a value out of range is the caller's mistake. */
export function resolveSessionOptions(
  options: SessionOptions,
  parts: Omit<SessionParts, 'pathLimit'> = {},
): ResolvedSessionOptions {
  const extensions = options.extensions ?? []
  const clock = options.clock ?? systemClock
  const logger = loggerOfPart(options.logger, 'mux')
  const budget = new MemoryBudget({ limitBytes: options.budgetBytes ?? 128 * mebibyte }, options.parentBudget)
  const windowBytes = checkInteger('windowBytes', options.windowBytes ?? defaultWindowBytes, 1, 0xffffffff)
  return {
    clock,
    logger,
    compressor: options.compressor,
    compressed: parts.compressed?.(options.compressor),
    consuming: options.autoConsume === true ? parts.consuming : undefined,
    window: extensions.includes('window'),
    fin: extensions.includes('fin'),
    resume: extensions.includes('resume'),
    ack2: extensions.includes('ack2'),
    urgent: ['resume', 'ack2', 'urgent'].every((name) => extensions.some((extension) => extension === name)),
    trace: extensions.includes('trace') ? parts.trace : undefined,
    peerWindowBytes: checkInteger('peerWindowBytes', options.peerWindowBytes ?? defaultWindowBytes, 0, 0xffffffff),
    windowBytes,
    startWindowBytes: checkInteger('startWindowBytes', options.startWindowBytes ?? windowBytes, 1, 0xffffffff),
    idleWindows: new IdleWindows(clock),
    maxChannels: checkInteger('maxChannels', options.maxChannels ?? 65_536, 1),
    maxWindowBytes: checkInteger('maxWindowBytes', options.maxWindowBytes ?? 16 * mebibyte, 1, 0xffffffff),
    budget,
    admission: parts.admission?.({ clock, logger, budget }) ?? allAdmitted,
    lingerBudget: options.parentBudget ?? budget,
    queueMessages: checkInteger('queueMessages', options.queueMessages ?? 1000, 1),
    queueBytes: checkInteger('queueBytes', options.queueBytes ?? mebibyte, 1),
    stuckTimeoutMs: checkDurationMs('stuckTimeoutMs', options.stuckTimeoutMs ?? 30_000),
    lingerMs: checkDurationMs('lingerMs', options.lingerMs ?? 60_000),
    controlQueueBytes: checkInteger('controlQueueBytes', options.controlQueueBytes ?? 16 * mebibyte, 1),
    sendQueueBytes: checkInteger('sendQueueBytes', options.sendQueueBytes ?? 131_072, 1),
    quantumBytes: checkInteger('quantumBytes', options.quantumBytes ?? defaultQuantumBytes, 1, 16 * mebibyte),
    baseMessageSize: extensions.includes('window') ? undefined : new BaseMessageSize({ clock, ...baseSizes(options) }),
    framePool: options.framePool ?? parts.framePool ?? unpooled,
    datagramQueue: checkInteger('datagramQueue', options.datagramQueue ?? 256, 1),
    replayLimitBytes: checkInteger('replayLimitBytes', options.replayLimitBytes ?? 32 * mebibyte, 1),
    graceMs: checkDurationMs('graceMs', options.graceMs ?? 60_000, 0),
    idleLimitMs: checkDurationMs('idleLimitMs', options.idleLimitMs ?? 12 * hourMs),
    idleCheckMs: checkDurationMs('idleCheckMs', options.idleCheckMs ?? 60_000),
  }
}

function baseSizes({ baseMessageBytes, quantumBytes }: SessionOptions): { leastBytes: number; mostBytes: number } {
  const leastBytes = quantumBytes ?? defaultQuantumBytes
  const most = Math.max(leastBytes, maxBasePayloadBytes)
  const given = baseMessageBytes ?? quantumBytes ?? maxBasePayloadBytes
  return { leastBytes, mostBytes: checkInteger('baseMessageBytes', given, leastBytes, most) }
}

/**
 * Checks options before the first session exists, so that a mistake shows immediately.
 *
 * @throws RangeError for a value out of its range
 */
export function checkSessionOptions(options: SessionOptions): void {
  resolveSessionOptions(options)
}

/** Frames of a session without a pool. */
const unpooled: FrameSource = {
  take: (bytes) => new Uint8Array(bytes),
  give: () => {},
}

/** Admission of a session without a queue for it. */
const allAdmitted: ResolvedSessionOptions['admission'] = {
  mustWait: false,
  wait: (admitted) => {
    admitted()
    return () => {}
  },
  close: () => {},
}

const mebibyte = 1_048_576
const hourMs = 3_600_000
