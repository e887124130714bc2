import type { Flag } from '../flag.js'
import { links } from './scopes.js'

/** Limits for strangers and clients: docs/security.md. */
export const limitFlags = [
  {
    name: 'max-pending',
    type: 'integer',
    default: 0,
    min: 0,
    max: 1_000_000,
    commands: links,
    section: 'Limits',
    help: 'Connections that have not shown yet that they may come in; the oldest makes room for the next. 0 for 4096, at a server at most a quarter of the files it may open',
  },
  {
    name: 'max-pending-per-address',
    type: 'integer',
    default: 0,
    min: 0,
    max: 1_000_000,
    commands: links,
    section: 'Limits',
    help: 'Those of one address among them; of IPv6, of one /64. 0 for 512, at most half of --max-pending',
  },
  {
    name: 'max-token-channels',
    type: 'integer',
    default: 0,
    min: 0,
    max: 1_000_000,
    commands: ['server'],
    section: 'Limits',
    help: 'Connections and UDP associations to targets that one token may have at once. 0 for a third of the files it may open',
  },
] as const satisfies readonly Flag[]
