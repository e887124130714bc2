export { type Exposition, ExpositionWriter } from './exposition.js'
export { metricsHandler, type MetricsHandler, type MetricsHandlerOptions } from './handler.js'
export type { Metric, Sample } from './metric.js'
export { metrics } from './table.js'
