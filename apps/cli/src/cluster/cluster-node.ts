import type { ClusterNode } from '@ls/cluster'
import type { Logger } from '@ls/foundation'
import { parseListenAddress } from '@ls/relay'
import { UsageError } from '../errors.js'
import { asUsage } from '../options/check-settings.js'
import type { Settings } from '../settings.js'
import type { Worker } from '../workers/worker.js'

/** Settings of a cluster. */
export type ClusterSettings = Pick<
  Settings<'server'>,
  | 'clusterNats'
  | 'clusterCredentials'
  | 'clusterSecret'
  | 'clusterListen'
  | 'clusterAddress'
  | 'clusterName'
  | 'clusterReplicas'
  | 'clusterWait'
  | 'noClusterSpread'
>

/** Checks the settings. @throws UsageError for settings that do not describe a cluster */
export function checkCluster({ clusterNats, clusterSecret, ...settings }: ClusterSettings): void {
  const { clusterName: name, clusterListen, clusterAddress = clusterListen } = settings
  if (clusterNats.length === 0) {
    if (clusterSecret !== undefined) throw new UsageError('--cluster-secret has no effect without --cluster-nats')
    return
  }
  if (clusterSecret === undefined) throw new UsageError('--cluster-nats needs --cluster-secret, the same at all nodes')
  if (!/^[\w-]{1,64}$/.test(name))
    throw new UsageError(`--cluster-name is "${name}"; it may have 1 to 64 letters, digits, - and _`)
  placeOf('--cluster-listen', clusterListen)
  placeOf('--cluster-address', clusterAddress)
}

/**
 * Creates the node of `--cluster-nats`, or that of a worker; undefined without both.
 *
 * @throws UsageError for a secret that is too short
 */
export async function makeClusterNode(
  settings: ClusterSettings & Partial<Pick<Settings<'server'>, 'state'>>,
  logger: Logger,
  worker?: Worker,
): Promise<ClusterNode | undefined> {
  if (worker !== undefined) {
    const { BrokerStore, ClusterNode } = await import('@ls/cluster')
    const keepsTokens = settings.state !== undefined
    const { folder } = worker
    const store = new BrokerStore(worker.brokerPort)
    return new ClusterNode({ store, folder, keepsTokens, spread: !settings.noClusterSpread, logger })
  }
  const { clusterNats: servers, clusterSecret: secret = '', clusterCredentials: credentialsFile } = settings
  if (servers.length === 0) return undefined
  // Loaded only if needed: the client of NATS loads slowly.
  const { ClusterNode, NatsStore } = await import('@ls/cluster')
  const { clusterName: name, clusterReplicas: replicas, clusterListen, clusterAddress } = settings
  const store = new NatsStore({ servers, name, replicas, logger, credentialsFile })
  const listen = placeOf('--cluster-listen', clusterListen)
  const address = clusterAddress === undefined ? undefined : placeOf('--cluster-address', clusterAddress)
  const life = { storeTimeoutMs: settings.clusterWait, spread: !settings.noClusterSpread }
  const options = { store, secret, listen, address, ...life, logger }
  return asUsage('--cluster-secret', () => new ClusterNode(options))
}

/** Parses a host and a port. @throws UsageError for anything else */
function placeOf(flag: string, text: string): { host: string; port: number } {
  const place = asUsage(flag, () => parseListenAddress(text))
  if ('host' in place && !('webSocket' in place)) return place
  throw new UsageError(`${flag} is "${text}"; write HOST:PORT`)
}
