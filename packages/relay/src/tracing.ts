import { isFailedOutcome } from '@ls/foundation'
import type { Channel, ChannelHandler } from '@ls/mux'
import { type Context, ROOT_CONTEXT, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { outcomeOf } from './counts/outcome.js'
import { type ConnectionSpan, makeSpansWith, type SpanStart } from './trace/spans.js'

/**
 * Creates OpenTelemetry spans for the connections of this process from now on, with the registered tracer provider.
 * Between peers they become one trace if both offer the extension `trace`.
 */
export function traceConnections(): void {
  makeSpansWith((start) => OpenTelemetrySpan.begin(start))
}

class OpenTelemetrySpan implements ConnectionSpan {
  readonly #span: Span
  readonly #context: Context

  private constructor(span: Span, parent: Context) {
    this.#span = span
    this.#context = trace.setSpan(parent, span)
  }

  /** Begins a span; undefined if it is not recorded. */
  static begin({ name, target, traceparent }: SpanStart): ConnectionSpan | undefined {
    const parent = traceparent === undefined ? ROOT_CONTEXT : contextOf(traceparent)
    const span = tracer.startSpan(name, { kind: SpanKind.SERVER }, parent)
    if (!span.isRecording()) return undefined
    span.setAttributes({
      'network.transport': target === undefined ? 'udp' : 'tcp',
      ...(target !== undefined && { 'server.address': target.host, 'server.port': target.port }),
    })
    return new OpenTelemetrySpan(span, parent)
  }

  get traceparent(): string {
    const { traceId, spanId, traceFlags } = this.#span.spanContext()
    return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
  }

  async during<T>(name: string, run: (part: ConnectionSpan) => Promise<T>): Promise<T> {
    const part = new OpenTelemetrySpan(tracer.startSpan(name, {}, this.#context), this.#context)
    try {
      const result = await run(part)
      part.end()
      return result
    } catch (error) {
      part.end(error instanceof Error ? error.message : String(error))
      throw error
    }
  }

  end(failure?: string): void {
    if (failure !== undefined) this.#span.setStatus({ code: SpanStatusCode.ERROR, message: failure })
    this.#span.end()
  }

  watch(handler: ChannelHandler, channel: Channel): ChannelHandler {
    let isFirst = true
    const heard = (): void => {
      if (isFirst) this.#span.addEvent('first byte')
      isFirst = false
    }
    return {
      onOpen: () => handler.onOpen?.(),
      onData: (payload) => {
        heard()
        handler.onData?.(payload)
      },
      ...(handler.onCompressedData !== undefined && {
        onCompressedData: (gzip, inflatedBytes) => {
          heard()
          handler.onCompressedData?.(gzip, inflatedBytes)
        },
      }),
      onDatagram: (payload, address) => {
        heard()
        handler.onDatagram?.(payload, address)
      },
      onEnd: () => handler.onEnd?.(),
      onDrain: () => handler.onDrain?.(),
      onClose: (reason) => {
        const outcome = outcomeOf(channel, reason)
        this.#span.setAttributes({
          'linksocks.outcome': outcome,
          'linksocks.sent_bytes': channel.sentBytes,
          'linksocks.received_bytes': channel.receivedBytes,
        })
        this.end(isFailedOutcome(outcome) ? reason.error : undefined)
        handler.onClose?.(reason)
      },
    }
  }
}

/** Without an SDK its spans record nothing. */
const tracer = trace.getTracer('linksocks')

/** Context of a traceparent, which comes from a decoder that accepts no other form. */
function contextOf(traceparent: string): Context {
  const [, traceId = '', spanId = '', flags = '0'] = traceparent.split('-')
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16),
    isRemote: true,
  })
}
