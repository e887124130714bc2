import type { Logger } from '@ls/foundation'
import { messageOf } from '../output/describe-error.js'

type Environment = Readonly<Record<string, string | undefined>>

/** Whether to send spans, by the variables that all programs with OpenTelemetry use. */
export function isTracing({
  OTEL_EXPORTER_OTLP_ENDPOINT: endpoint = '',
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: forTraces = '',
  OTEL_SDK_DISABLED: disabled = '',
  OTEL_TRACES_EXPORTER: exporter = 'otlp',
}: Environment): boolean {
  return endpoint + forTraces !== '' && disabled.toLowerCase() !== 'true' && exporter === 'otlp'
}

/**
 * Sends spans of connections over OTLP, if the environment names an endpoint; returns a function that sends the last
 * ones and ends it.
 */
export async function startTracing(environment: Environment, logger: Logger): Promise<() => Promise<void>> {
  if (!isTracing(environment)) return () => Promise.resolve()
  try {
    return await start(environment, logger)
  } catch (error) {
    logger.error({ err: error }, `no spans are sent: ${messageOf(error)}`)
    return () => Promise.resolve()
  }
}

/** Loaded only here: it is larger than all the rest of the command. */
async function start(environment: Environment, logger: Logger): Promise<() => Promise<void>> {
  const [{ trace }, { OTLPTraceExporter }, { resourceFromAttributes }, sdk, { traceConnections }] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
    import('@opentelemetry/sdk-trace-base'),
    import('@ls/relay/tracing'),
  ])
  const { OTEL_SERVICE_NAME: name = 'linksocks' } = environment
  // The SDK reads endpoint, headers, deadlines and sampling from the environment itself.
  const provider = new sdk.BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': name }),
    spanProcessors: [new sdk.BatchSpanProcessor(new OTLPTraceExporter())],
  })
  trace.setGlobalTracerProvider(provider)
  traceConnections()
  logger.info({}, 'spans of connections are sent over OTLP')
  return () =>
    provider.shutdown().catch((error: unknown) => logger.warn({}, `the last spans were not sent: ${messageOf(error)}`))
}
