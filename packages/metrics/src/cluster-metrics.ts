import type { ClusterCounts, Snapshot } from '@ls/foundation'
import { type Metric, single } from './metric.js'

/** Metrics of a server that is a node of a cluster; others have none of them. */
export const clusterMetrics: readonly Metric[] = [
  {
    name: 'linksocks_cluster_nodes',
    type: 'gauge',
    help: 'Nodes of the cluster by state, as this one sees them: self, up, silent, gone',
    labels: ['state'],
    read: ({ cluster }) => Object.entries(cluster?.nodes ?? {}).map(([state, value]) => ({ labels: { state }, value })),
  },
  single(
    {
      name: 'linksocks_cluster_store_up',
      type: 'gauge',
      help: 'Whether the store that all nodes share can be reached: 1 or 0',
    },
    of(({ isConnected }) => (isConnected ? 1 : 0)),
  ),
  single(
    { name: 'linksocks_cluster_tokens', type: 'gauge', help: 'Tokens that all nodes share' },
    of(({ sharedTokens }) => sharedTokens),
  ),
  {
    name: 'linksocks_cluster_trunks',
    type: 'gauge',
    help: 'Connections that carry channels between this node and others, by the end that dialled them',
    labels: ['dialled_by'],
    read: ({ cluster }) =>
      cluster === undefined
        ? []
        : [
            { labels: { dialled_by: 'self' }, value: cluster.trunks },
            { labels: { dialled_by: 'other' }, value: cluster.incomingTrunks },
          ],
  },
]

function of(read: (cluster: ClusterCounts) => number): (snapshot: Snapshot) => number | undefined {
  return ({ cluster }) => cluster && read(cluster)
}
