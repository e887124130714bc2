import { UsageError } from '../errors.js'
import type { ServerSettings } from '../options/server-options.js'

/** Settings that work with one process only, and the reason. */
const refused: readonly (readonly [isGiven: (settings: ServerSettings) => boolean, flag: string, reason: string])[] = [
  [({ clusterNats }) => clusterNats.length > 0, '--cluster-nats', 'run one process for each node instead'],
  [
    ({ relay }) => relay,
    '--relay',
    'codes, identities and their limits are known to one process; run several relays, each with its own name',
  ],
]

/** Checks the settings of a server for several processes. @throws UsageError for the first that cannot work */
export function checkWorkers(settings: ServerSettings): void {
  const found = refused.find(([isGiven]) => isGiven(settings))
  if (found !== undefined) throw new UsageError(`${found[1]} does not work with --workers: ${found[2]}`)
}

/** Checks whether this process can have workers. @throws UsageError with the reason why not */
export function checkPlatform({ platform, env, pid, argv, execPath }: NodeJS.Process): void {
  if (platform === 'win32') throw new UsageError('--workers does not work on Windows: workers share UNIX sockets')
  if (argv[1] === execPath) throw new UsageError('--workers does not work with the single executable; use Node')
  if (env['LISTEN_PID'] === String(pid))
    throw new UsageError('--workers cannot use sockets of the service manager: remove the socket unit')
}
