import type { Channel, ChannelHandler } from '@ls/mux'
import type { CheckedTarget } from '../target.js'

/** Start of a span. */
export interface SpanStart {
  /** Name of the span. */
  readonly name: string
  /** Target of the connection. @default none: a UDP association, whose datagrams have targets */
  readonly target?: CheckedTarget | undefined
  /** W3C traceparent of the parent span, at another program. @default none: it begins a trace */
  readonly traceparent?: string | undefined
}

/** Span of a part of a connection. */
export interface ConnectionSpan {
  /** W3C traceparent of this span (Trace Context §3.2). */
  readonly traceparent: string
  /** Runs `run` in a child span, which ends when the promise of `run` settles. */
  during<T>(name: string, run: (part: ConnectionSpan) => Promise<T>): Promise<T>
  /** Wraps `handler`: records the first byte received, and ends the span with the channel. */
  watch(handler: ChannelHandler, channel: Channel): ChannelHandler
  /**
   * Ends the span.
   *
   * @param failure Reason why the step failed.
   */
  end(failure?: string): void
}

/** Begins a span; undefined if it is not recorded. */
export type BeginSpan = (start: SpanStart) => ConnectionSpan | undefined

let begin: BeginSpan | undefined

/** Sets the function that creates spans in this process from now on. */
export function makeSpansWith(maker: BeginSpan): void {
  begin = maker
}

/** Begins a span; undefined, at the cost of one comparison, if no function creates spans. */
export function beginSpan(start: SpanStart): ConnectionSpan | undefined {
  return begin?.(start)
}

/** Runs a step of a connection, in a child span where there is a span. */
export function step<T>(
  span: ConnectionSpan | undefined,
  name: string,
  run: (part: ConnectionSpan | undefined) => Promise<T>,
): Promise<T> {
  return span === undefined ? run(undefined) : span.during(name, run)
}
