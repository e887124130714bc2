import type { AckArrival } from '@ls/codec'
import type { Clock } from '@ls/foundation'

/** Options of a {@link PathLimit}. */
export interface PathLimitOptions {
  /** Source of time. */
  readonly clock: Clock
  /** The peer acknowledges promptly and reports arrival times. */
  readonly ack2: boolean
  /** Largest payload of a message, in bytes. */
  readonly quantumBytes: number
  /** Returns the bytes that the peer has not acknowledged. */
  unacknowledgedBytes(): number
  /** Returns what other sessions have in flight on the same path. @default none */
  beside?(): BesideLoad
  /** Called when bulk that was held back may leave. */
  onDue(): void
  /** Called when another limit takes over. */
  onMeasure(make: (options: PathLimitOptions) => PathLimit): void
}

/** Bulk of other sessions on a path. */
export interface BesideLoad {
  /** Sessions with bulk. */
  readonly links: number
  /** Bytes that they have in flight. */
  readonly bytes: number
}

/** Limits bulk to what the path carries, so that urgent messages do not wait behind it. For links with `resume`. */
export interface PathLimit {
  /** Largest payload of a bulk message now, in bytes. */
  readonly messageBytes: number
  /** Whether bulk has to wait now. Measures that it does, so ask only where bulk would be sent. */
  readonly holdsBack: boolean
  /** Whether urgent messages would arrive sooner over another transport. */
  readonly crowded: boolean
  /** Sets whether urgent messages have another transport: the limit then allows for losses and pauses of TCP. */
  relax(relaxed: boolean): void
  /** Starts to measure a path: a new transport may use another. `sent`: number of the last message that has left. */
  restart(sent: number): void
  /** Called when numbered message `sequence` has left for the first time. */
  sent(sequence: number, bytes: number): void
  /** Called when the peer has everything up to `sequence`, which is `bytes` more than before. */
  acknowledged(sequence: number, bytes: number, arrival: AckArrival | undefined): void
  /** Calls `onDue` no more until the next transport, since this one is gone. */
  stop(): void
}
