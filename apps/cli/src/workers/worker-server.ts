import { join } from 'node:path'
import type { ClusterNode } from '@ls/cluster'
import type { ServerOptions, Siblings } from '@ls/server'
import { mergeSnapshots } from './merge-snapshots.js'
import type { Worker } from './worker.js'

type ApiOptions = NonNullable<ServerOptions['api']>

/** End of the name of a socket at which a worker answers the API to others. */
export const apiSuffix = '.api'

/**
 * Options of the API in a worker: it answers for all workers, and asks the primary for what concerns
 * the whole program. The primary has the socket and the state file of the user.
 */
export function workerApiOptions(
  worker: Worker,
  node: ClusterNode,
  hasApi: boolean,
): Pick<ApiOptions, 'socket' | 'siblings' | 'requestDrain' | 'requestRestart'> {
  return {
    socket: undefined,
    siblings: hasApi ? siblingsOf(worker.folder, node) : undefined,
    requestDrain: () => void worker.request('drain'),
    requestRestart: () => worker.request('restart'),
  }
}

/**
 * Exposures of the operator that this process opens. Of several workers, the first opens the UDP ports: workers that
 * share one would each get some of the datagrams of a sender.
 */
export function exposedHere(texts: readonly string[], worker: Pick<Worker, 'index'> | undefined): readonly string[] {
  return worker === undefined || worker.index === 0 ? texts : texts.filter((text) => !text.startsWith('udp:'))
}

function siblingsOf(folder: string, node: ClusterNode): Siblings {
  const pathOf = (id: string): string => join(folder, `${id}${apiSuffix}`)
  return {
    ownPath: pathOf(node.ownId),
    others: () => {
      const others = node.status.nodes.filter(({ state }) => state === 'up' || state === 'silent')
      return others.map(({ id }) => pathOf(id))
    },
    mergeSnapshots,
  }
}
