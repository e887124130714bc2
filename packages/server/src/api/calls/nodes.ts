import { formatHostPort } from '@ls/foundation'
import { type Answer, ApiRefusal } from '@ls/observe/http'
import type { NodeStatus } from '../../nodes/cluster-status.js'
import type { ApiCall } from '../api-call.js'

/** `GET /api/nodes`: the nodes of the cluster, as this one sees them. */
export function showNodes({ server }: ApiCall): Answer {
  const { cluster } = server.localNode
  if (cluster === undefined) throw new ApiRefusal(409, 'this server is not a node of a cluster')
  const { isConnected, nodes } = cluster
  return { status: 200, body: { connected: isConnected, nodes: nodes.map(describe) } }
}

function describe({ id, address, state, draining, links, channels, release }: NodeStatus): object {
  return { id, address: formatHostPort(address.host, address.port), state, draining, links, channels, version: release }
}
