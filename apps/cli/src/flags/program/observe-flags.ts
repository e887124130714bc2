import type { Flag } from '../../flag.js'
import { clients, links } from '../scopes.js'

/** Flags of metrics, status and dashboard: docs/guide/observe.md. */
export const observeFlags = [
  {
    name: 'metrics',
    type: 'string',
    placeholder: 'ADDR',
    commands: [...links, 'status'],
    section: 'Observe',
    help: 'Address of /metrics (Prometheus), /healthz, /readyz and /status over HTTP: host:port or unix:/path',
  },
  {
    name: 'dashboard',
    type: 'string',
    placeholder: 'ADDR',
    commands: [...clients],
    section: 'Observe',
    help: 'Address of a page in the browser that shows this client, also for top: host:port or unix:/path',
  },
  {
    name: 'no-dashboard',
    type: 'boolean',
    commands: ['server'],
    section: 'Observe',
    help: 'Do not show the dashboard, which a server with --api-key has at /dashboard/',
  },
  {
    name: 'json',
    type: 'boolean',
    commands: ['status', 'ports', 'nodes', 'token', 'doctor'],
    section: 'Observe',
    help: 'Print everything as JSON',
  },
  {
    name: 'speed',
    type: 'duration',
    default: 5000,
    min: 0,
    max: 25_000,
    commands: ['doctor'],
    section: 'Observe',
    help: 'Measure the throughput for this long, down and then up; 0 skips this',
  },
  {
    name: 'idle',
    type: 'duration',
    default: 0,
    min: 0,
    max: 86_400_000,
    commands: ['doctor'],
    section: 'Observe',
    help: 'Leave a link idle, without our pings, for this long and check that it stays up; 0 skips this',
  },
  {
    name: 'once',
    type: 'boolean',
    commands: ['top'],
    section: 'Observe',
    help: 'Print the tables once, also into a pipe',
  },
] as const satisfies readonly Flag[]
