import type { Flag } from '../flag.js'
import { links } from './scopes.js'

/** What others may see of the program: docs/guide/observe.md. */
export const observeFlags = [
  {
    name: 'metrics',
    type: 'string',
    placeholder: 'ADDR',
    commands: [...links, 'status'],
    section: 'Observe',
    help: 'Place for /metrics (Prometheus), /healthz, /readyz and /status over HTTP: host:port or unix:/path',
  },
  {
    name: 'json',
    type: 'boolean',
    commands: ['status'],
    section: 'Observe',
    help: 'Print all numbers as JSON',
  },
] as const satisfies readonly Flag[]
