import type { Flag } from '../flag.js'

/** What strangers and clients may cost: docs/security.md. */
export const limitFlags = [
  {
    name: 'max-pending',
    type: 'integer',
    default: 4096,
    min: 1,
    max: 1_000_000,
    commands: ['server'],
    section: 'Limits',
    help: 'Connections that have not shown yet that they may come in; the oldest makes room for the next',
  },
  {
    name: 'max-pending-per-address',
    type: 'integer',
    default: 512,
    min: 1,
    max: 1_000_000,
    commands: ['server'],
    section: 'Limits',
    help: 'Those of one address among them; of IPv6, of one /64',
  },
] as const satisfies readonly Flag[]
