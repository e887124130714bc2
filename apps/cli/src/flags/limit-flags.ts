import type { Flag } from '../flag.js'
import { links, ofProxyPorts } from './scopes.js'

/** Limits for strangers and clients: docs/security.md. */
export const limitFlags = [
  {
    name: 'max-pending',
    type: 'integer',
    default: 0,
    min: 0,
    max: 1_000_000,
    commands: links,
    unusedBy: ofProxyPorts,
    section: 'Limits',
    help: 'Limit on connections that have not authenticated yet; a new one replaces the oldest. 0 for 4096, at a server at most a quarter of the files it may open',
  },
  {
    name: 'max-pending-per-address',
    type: 'integer',
    default: 0,
    min: 0,
    max: 1_000_000,
    commands: links,
    unusedBy: ofProxyPorts,
    section: 'Limits',
    help: 'The same limit for one address; for IPv6, for one /64. 0 for 512, at most half of --max-pending',
  },
  {
    name: 'max-token-channels',
    type: 'integer',
    default: 0,
    min: 0,
    max: 1_000_000,
    commands: ['server'],
    section: 'Limits',
    help: 'Limit on open connections and UDP associations of one token. 0 for a third of the files it may open',
  },
] as const satisfies readonly Flag[]
