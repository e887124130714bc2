import type { Channel, ChannelHandler } from '@ls/mux'
import type { CheckedTarget } from '../target.js'

/** How a span begins. */
export interface SpanStart {
  /** What it is called. */
  readonly name: string
  /** Where the connection leads. */
  readonly target: CheckedTarget
  /** W3C traceparent of the span that it belongs to, at another program. @default it begins a trace */
  readonly traceparent?: string | undefined
}

/** A part of a connection's life. */
export interface ConnectionSpan {
  /** W3C Trace Context §3.2. */
  readonly traceparent: string
  /** A part of this one; it ends with what `run` returns. */
  during<T>(name: string, run: (part: ConnectionSpan) => Promise<T>): Promise<T>
  /** `handler`, with the first byte that comes noted, and the end of the channel as that of the span. */
  watch(handler: ChannelHandler, channel: Channel): ChannelHandler
  /** Ends it. @param failure Why it did not come to what it was for. */
  end(failure?: string): void
}

/** Begins a span; undefined where nobody records it. */
export type BeginSpan = (start: SpanStart) => ConnectionSpan | undefined

let begin: BeginSpan | undefined

/** Who makes spans for this process, from now on. */
export function makeSpansWith(maker: BeginSpan): void {
  begin = maker
}

/** Begins a span; undefined, at the cost of one comparison, as long as nobody makes any. */
export function beginSpan(start: SpanStart): ConnectionSpan | undefined {
  return begin?.(start)
}

/** Runs a step of a connection, as a part of its span where there is one. */
export function step<T>(
  span: ConnectionSpan | undefined,
  name: string,
  run: (part: ConnectionSpan | undefined) => Promise<T>,
): Promise<T> {
  return span === undefined ? run(undefined) : span.during(name, run)
}
