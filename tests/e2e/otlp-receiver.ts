import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { afterTest } from '../stress/cleanup.js'

/** A span as OTLP writes it, with the name of its program. */
export interface SpanShown {
  readonly name: string
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[]
  readonly events?: readonly { readonly name: string }[]
  service: string
}

interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly { key: string; value: { stringValue?: string } }[] }
    readonly scopeSpans: readonly { readonly spans: readonly SpanShown[] }[]
  }[]
}

/** A receiver of OTLP over HTTP with JSON, and the spans that it has received. */
export async function otlpReceiver() {
  const spans: SpanShown[] = []
  const server = createServer((request, response) => {
    const take = (body: unknown): void => {
      for (const { resource, scopeSpans } of (body as Export).resourceSpans) {
        const service = resource.attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? ''
        spans.push(...scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ ...span, service }))))
      }
      response.setHeader('content-type', 'application/json').end('{}')
    }
    // A program that is killed breaks its request off.
    json(request).then(take, () => {})
  }).listen(0, '127.0.0.1')
  afterTest(() => server.closeAllConnections())
  afterTest(() => server.close())
  await once(server, 'listening')
  return { spans, endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}
