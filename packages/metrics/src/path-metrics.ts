import type { PathCounts } from '@ls/foundation'
import type { Metric } from './metric.js'

/** Metrics of connectors and providers with direct paths; others have none of them. */
export const pathMetrics: readonly Metric[] = [
  {
    name: 'linksocks_path_channels',
    type: 'gauge',
    help: 'Channels open now by path: direct between the two ends over tcp or udp, or relay through the server',
    labels: ['path', 'protocol'],
    read: ({ paths = [] }) => paths.map((each) => ({ labels: labelsOf(each), value: each.channels })),
  },
  {
    name: 'linksocks_path_changes_total',
    type: 'counter',
    help: 'How often the path of new channels has changed to this one',
    labels: ['path', 'protocol'],
    read: ({ paths = [] }) => paths.map((each) => ({ labels: labelsOf(each), value: each.changes })),
  },
]

/** The relay has an empty protocol, which Prometheus treats as no label. */
function labelsOf({ path, protocol }: PathCounts): Readonly<Record<string, string>> {
  return { path, protocol: protocol ?? '' }
}
