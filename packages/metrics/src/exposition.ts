import type { Snapshot } from '@ls/foundation'
import { collectDefaultMetrics, type Metric as PromMetric, Registry, type RegistryContentType } from 'prom-client'
import type { Metric } from './metric.js'
import { metrics } from './table.js'

/** Metrics of one moment as text, ready to be sent. */
export interface Exposition {
  /** Value of the Content-Type header. */
  readonly contentType: string
  /** Text of the metrics. */
  readonly body: string
}

/** Writes snapshots as Prometheus text or OpenMetrics, with Node's metrics of its process. */
export class ExpositionWriter {
  readonly #snapshot: () => Snapshot
  /** Event loop delay, memory, descriptors and more, by the names that other Node programs use. */
  readonly #process = new Registry()

  /** @param snapshot Returns the numbers when they are written. */
  constructor(snapshot: () => Snapshot) {
    this.#snapshot = snapshot
    collectDefaultMetrics({ register: this.#process })
    for (const name of leftOut) this.#process.removeSingleMetric(name)
  }

  /**
   * Writes a snapshot.
   *
   * @param accept The Accept header of the request: OpenMetrics if it names that, else Prometheus text.
   * @param snapshot Numbers to write. @default those of now
   */
  async write(accept = '', snapshot = this.#snapshot()): Promise<Exposition> {
    const contentType: RegistryContentType = accept.includes('application/openmetrics-text')
      ? Registry.OPENMETRICS_CONTENT_TYPE
      : Registry.PROMETHEUS_CONTENT_TYPE
    const registry = new Registry<RegistryContentType>()
    registry.setContentType(contentType)
    for (const metric of metrics) register(registry, readable(metric, snapshot))
    for (const metric of await this.#process.getMetricsAsJSON()) register(registry, metric)
    return { contentType, body: await registry.metrics() }
  }
}

/**
 * Metrics of prom-client that are left out. Those of handles and requests make a list of all sockets at each scrape,
 * by an undocumented function: a third of the CPU of a scrape with 3000 connections. The others are gauges with the
 * ending of a counter, which `promtool check metrics` refuses; `nodejs_active_resources` has their parts.
 */
const leftOut = [
  'nodejs_active_handles',
  'nodejs_active_handles_total',
  'nodejs_active_requests',
  'nodejs_active_requests_total',
  'nodejs_active_resources_total',
]

/** The part of a prom-client metric that its registry uses when it writes. */
interface Readable {
  readonly name: string
  readonly help: string
  readonly type: unknown
  readonly values: readonly object[]
}

function readable({ name, help, type, read }: Metric, snapshot: Snapshot): Readable {
  const values = read(snapshot).map(({ labels, value, name: metricName }) =>
    metricName === undefined ? { labels, value } : { labels, value, metricName },
  )
  return { name, help, type, values }
}

/** Registers data. A registry accepts any readable object; it renames counters, so each page has its own registry. */
function register(registry: Registry<RegistryContentType>, data: Readable): void {
  const metric = { ...data, get: () => Promise.resolve({ ...data, name: metric.name }) }
  registry.registerMetric(metric as unknown as PromMetric)
}
