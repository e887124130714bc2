import type { ClusterCounts, LimitUse, QuotaCounts, ReloadCounts, Snapshot } from '@ls/foundation'
import type { Outbound } from '@ls/relay'
import type { Peer } from '../links/peer.js'
import type { ClusterStatus, NodeStatus } from '../nodes/cluster-status.js'
import type { ResolvedServerOptions } from '../options/resolve-options.js'
import type { OwnProxy } from '../port/own-proxy.js'
import type { WebSocketPort } from '../port/web-socket-port.js'
import type { ChannelForwarder } from '../reverse/channel-forwarder.js'
import type { ReverseGroups } from '../reverse/reverse-groups.js'
import { version } from '../version.js'
import { type ReadinessFacts, readinessOf } from './readiness.js'
import type { ServerCounts } from './server-counts.js'

/** The parts of a server that have numbers. */
export interface CountedServer {
  readonly state: ReadinessFacts['state']
  readonly options: ResolvedServerOptions
  readonly counts: ServerCounts
  readonly admission: { readonly peers: ReadonlySet<Peer>; limits(): LimitUse[] }
  readonly groups: ReverseGroups
  readonly channelForwarder: ChannelForwarder
  readonly outbound: Outbound
  readonly ownProxy: OwnProxy | undefined
  readonly port: WebSocketPort | undefined
  readonly quotas: readonly QuotaCounts[]
  readonly reloads: ReloadCounts | undefined
}

/** Reads all numbers, and walks all open channels. */
export function takeSnapshot(server: CountedServer): Snapshot {
  const { state, counts, admission, groups, channelForwarder, outbound, ownProxy, port, options, quotas, reloads } =
    server
  const { pending, slots, maxLinks } = options
  const { peers } = admission
  const links = counts.sessions.snapshot(Array.from(peers, ({ session }) => session))
  const { blockedPorts, withoutProvider: tokensWithoutProvider } = groups
  const cluster = options.nodes?.status
  return {
    program: 'server',
    version,
    readiness: readinessOf({ state, blockedPorts, tokensWithoutProvider, waitsFor: cluster?.waitsFor }),
    links,
    ...counts.snapshot({ peers, forwarded: channelForwarder, own: ownProxy?.session }),
    quotas,
    reloads,
    refusals: { ...port?.refusals, ...counts.refusals },
    limits: [
      ...admission.limits(),
      { name: 'links', unit: 'entries', used: links.up, limit: maxLinks },
      { name: 'channels', unit: 'entries', used: slots.used, limit: slots.limit },
      { name: 'pending-connections', unit: 'entries', used: pending.size, limit: pending.maxPending },
    ],
    cluster: cluster && clusterCounts(cluster),
    dialMs: outbound.dialMs.snapshot(),
    lookupMs: outbound.lookupMs.snapshot(),
    certificateExpiresAtMs: port?.certificateExpiresAtMs,
  }
}

function clusterCounts({ nodes, waitsFor: _waitsFor, ...counts }: ClusterStatus): ClusterCounts {
  const byState: Record<NodeStatus['state'], number> = { self: 0, up: 0, silent: 0, gone: 0 }
  for (const { state } of nodes) byState[state]++
  return { ...counts, nodes: byState }
}
