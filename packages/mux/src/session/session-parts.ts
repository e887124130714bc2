import type { Compressor, readTraceparent } from '@ls/codec'
import type { consumingHandler } from '../channel/consuming-handler.js'
import type { Admission, AdmissionOptions } from '../memory/admission.js'
import type { FrameSource } from '../memory/frame-pool.js'
import type { Table } from '../memory/table.js'
import type { PathLimit, PathLimitOptions } from '../path/path-limit.js'
import type { UrgentLink } from '../urgent/urgent-link.js'
import type { CompressedData } from './compressed-data.js'

/**
 * Code that many sessions never run. {@link Session} has all of it; a web page gives its sessions only what it has
 * loaded.
 */
export interface SessionParts {
  /** Makes the limit of bulk of a session with `resume`. */
  pathLimit(options: PathLimitOptions): PathLimit
  /** Code for a second transport. Until it is there, no second transport is attached. */
  readonly UrgentLink?: typeof UrgentLink | undefined
  /** Makes the queue of channels that wait for memory. @default none waits */
  admission?(options: AdmissionOptions): Pick<Admission, 'mustWait' | 'wait' | 'close'>
  /** Allocates and recycles frames, for sessions without a pool of their own. @default none is recycled */
  readonly framePool?: FrameSource | undefined
  /** Code for `autoConsume`. @default that option has no effect */
  readonly consuming?: typeof consumingHandler | undefined
  /** Code for compressed Data. @default a channel that receives such data is aborted */
  compressed?(compressor: Compressor | undefined): CompressedData
  /** Class of the table of channels. @default Map */
  readonly Table?: (new <K, V>() => Table<K, V>) | undefined
  /** Code for the extension `trace`. @default Connect carries no traceparent */
  readonly trace?: TraceCode | undefined
}

/** Writes and reads the traceparent of a Connect. */
export interface TraceCode {
  /** Returns a Connect with the traceparent of its channel, if it has one. */
  append(connect: Uint8Array, traceparent: string | undefined): Uint8Array
  /** Returns the traceparent of a Connect. */
  readonly read: typeof readTraceparent
}
