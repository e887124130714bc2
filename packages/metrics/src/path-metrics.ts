import type { Metric } from './metric.js'

/** Metrics of connectors and providers with direct paths; others have none of them. */
export const pathMetrics: readonly Metric[] = [
  {
    name: 'linksocks_path_channels',
    type: 'gauge',
    help: 'Channels open now by path: direct between the two ends, or relay through the server',
    labels: ['path'],
    read: ({ paths = [] }) => paths.map(({ path, channels }) => ({ labels: { path }, value: channels })),
  },
  {
    name: 'linksocks_path_changes_total',
    type: 'counter',
    help: 'How often the path of new channels has changed to this one',
    labels: ['path'],
    read: ({ paths = [] }) => paths.map(({ path, changes }) => ({ labels: { path }, value: changes })),
  },
]
