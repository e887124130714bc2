import { callApi } from '../api/api-call.js'
import { apiPlaceOf } from '../api/api-place.js'
import { exitCode, type ExitCode } from '../exit-code.js'
import type { Settings } from '../settings.js'
import type { CommandContext } from './context.js'

/** Lists the nodes of a running server's cluster. */
export async function runNodes(
  settings: Settings<'nodes'>,
  { print }: Pick<CommandContext, 'print'>,
): Promise<ExitCode> {
  const cluster = (await callApi(apiPlaceOf(settings), { method: 'GET', path: '/api/nodes' })) as ListedCluster
  if (settings.json) print(JSON.stringify(cluster))
  else for (const line of nodeLines(cluster)) print(line)
  return exitCode.ok
}

/** Answer of `GET /api/nodes`. */
export interface ListedCluster {
  readonly connected: boolean
  readonly nodes: readonly ListedNode[]
}

interface ListedNode {
  readonly id: string
  readonly address: string
  readonly state: string
  readonly draining: boolean
  readonly links: number
  readonly channels: number
  readonly version: string
}

/** One line for each node, and one if the server cannot reach NATS. */
export function nodeLines({ connected, nodes }: ListedCluster): string[] {
  const lines = nodes.map(({ id, address, state, draining, links, channels, version }) => {
    const states = draining ? `${state}, draining` : state
    return `${id}  ${address}  ${states}  ${links} links, ${channels} channels, version ${version}`
  })
  return connected ? lines : [...lines, 'NATS cannot be reached: the list shows what was known before']
}
