import { UsageError } from '../errors.js'
import type { ServerSettings } from '../options/server-options.js'

/** Settings that work with one process only, and the reason. */
const refused: readonly (readonly [isGiven: (settings: ServerSettings) => boolean, flag: string, reason: string])[] = [
  [({ clusterNats }) => clusterNats.length > 0, '--cluster-nats', 'run one process for each node instead'],
  [({ relay }) => relay, '--relay', 'codes and identities are known to one process'],
  [({ state }) => state !== undefined, '--state', 'several processes cannot write one file'],
  [({ apiKey }) => apiKey !== undefined, '--api-key', 'the API would show and change one process only'],
  [({ apiSocket }) => apiSocket !== undefined, '--api-socket', 'the API would show and change one process only'],
  [
    ({ tlsDomain }) => tlsDomain.length > 0,
    '--tls-domain',
    'give --tls-cert, so that all processes use one certificate',
  ],
  [({ expose }) => expose.length > 0, '--expose', 'exposed ports belong to one process'],
  [({ allowPorts }) => allowPorts !== undefined, '--allow-ports', 'exposed ports belong to one process'],
  [({ allowHosts }) => allowHosts.length > 0, '--allow-hosts', 'exposed names belong to one process'],
  [({ exposeHttpPort }) => exposeHttpPort !== 0, '--expose-http-port', 'exposed names belong to one process'],
  [({ exposeHttpsPort }) => exposeHttpsPort !== 0, '--expose-https-port', 'exposed names belong to one process'],
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
