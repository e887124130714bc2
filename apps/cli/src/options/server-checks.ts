import { isLoopback } from '@ls/foundation'
import { checkPortRanges } from '@ls/server'
import { checkCluster } from '../cluster/cluster-node.js'
import { UsageError } from '../errors.js'
import { checkMetrics } from '../observe/metrics-port.js'
import { asUsage, checkNetwork } from './check-settings.js'
import { exposedFiles } from './exposed-files.js'
import type { ServerSettings } from './server-options.js'

/** Checks the settings. @throws UsageError for settings that contradict each other */
export function checkServer(settings: ServerSettings): void {
  for (const check of serverChecks(settings)) check()
}

/** The checks of `checkServer`, one for each kind of mistake. */
export function serverChecks(settings: ServerSettings): readonly (() => unknown)[] {
  return [
    () => checkNetwork(settings),
    () => checkMetrics(settings),
    () => checkCluster(settings),
    () => checkAccessRules(settings),
    () => asUsage('--allow-ports', () => checkPortRanges(settings.allowPorts ?? '')),
  ]
}

/** Whether the API may add tokens. */
export function hasApi({ apiKey, apiSocket }: ServerSettings): boolean {
  return apiKey !== undefined || apiSocket !== undefined
}

/**
 * Checks access rules. @throws UsageError where they would have no effect: the user would believe targets to be closed
 */
function checkAccessRules(settings: ServerSettings): void {
  const { reverse, connectorAutonomy, accessRule, token } = settings
  if (accessRule.length === 0 || !reverse || !connectorAutonomy || (hasApi(settings) && token === undefined)) return
  throw new UsageError('--access-rule restricts nothing with --connector-autonomy (-a): give it to the providers')
}

/** Warnings about access that this setup gives to other users of this machine or network. */
export function exposureWarnings({ tlsKey, accountFile, wsHost }: ServerSettings): string[] {
  const files = exposedFiles({ '--tls-key': tlsKey, '--account-file': accountFile })
  const isPublic = !wsHost.startsWith('unix:') && !isLoopback(wsHost)
  if (process.getuid?.() !== 0 || !isPublic) return files
  return [...files, `the server runs as root on a public port (${wsHost}): run it as a user of its own`]
}

export function serverWarnings(settings: ServerSettings): string[] {
  const { reverse, connectorToken, connectorAutonomy, token, guard, accessRule } = settings
  const warnings: string[] = []
  if (!reverse && connectorToken.length > 0)
    warnings.push('--connector-token (-c) has no effect without --reverse (-r)')
  if (!reverse && connectorAutonomy) warnings.push('--connector-autonomy (-a) has no effect without --reverse (-r)')
  if (reverse && connectorAutonomy && connectorToken.length > 0) {
    warnings.push('--connector-token (-c) has no effect with --connector-autonomy (-a): providers bring the tokens')
  }
  if (reverse && hasApi(settings) && token === undefined) {
    warnings.push(
      '--reverse (-r) has no effect with --api-key (-k) or --api-socket and without --token (-t): the API makes the tokens',
    )
  }
  if (reverse && accessRule.length > 0 && connectorToken.length > 0) {
    warnings.push('--access-rule applies to the proxy port here; for connectors (-c) give it to the providers')
  }
  if (reverse && !hasApi(settings) && guard !== undefined) {
    warnings.push('--guard has no effect with --reverse (-r): traffic leaves at the providers, so give it to them')
  }
  return warnings
}
