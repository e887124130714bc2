import type { Flag } from '../../flag.js'

/** Flags for several processes on one machine: docs/guide/scale-out.md. */
export const workerFlags = [
  {
    name: 'workers',
    type: 'string',
    placeholder: 'N',
    commands: ['server', 'run'],
    section: 'Cluster',
    help: 'Run the server in N processes that share its ports, one for each core; auto: as many as there are cores',
  },
] as const satisfies readonly Flag[]
