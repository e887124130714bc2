import { parseExposure, parseForward, parseUpstream } from '@ls/relay'
import { readQuickLink } from '../arguments/quick-link.js'
import { checkDisguise } from '../commands/disguise.js'
import { UsageError } from '../errors.js'
import { checkMetrics } from '../observe/metrics-port.js'
import { asUsage, checkNetwork, checkUrl } from './check-settings.js'
import type { ClientSettings } from './client-options.js'
import { exposedFiles } from './exposed-files.js'

/** Checks the settings. @throws UsageError for invalid ones */
export function checkClient(settings: ClientSettings): void {
  for (const check of clientChecks(settings)) check()
}

/** The checks of `checkClient`, one for each kind of mistake. */
export function clientChecks(settings: ClientSettings): readonly (() => unknown)[] {
  const { url, fallbackUrl, forward, expose, proxy } = settings
  return [
    () => checkNetwork(settings),
    () => checkUrl(url),
    ...fallbackUrl.map((each) => () => checkFallbackUrl(each)),
    () => checkDisguise(settings),
    () => checkMetrics(settings),
    ...forward.map((each) => () => asUsage('--forward', () => parseForward(each))),
    ...expose.map((each) => () => asUsage('--expose', () => parseExposure(each))),
    () => checkSide(settings),
    () => checkLease(settings),
    ...proxy.map((each) => () => asUsage('--proxy', () => parseUpstream(each))),
  ]
}

/** Refuses flags that belong to the other end of the link. */
function checkSide(settings: ClientSettings): void {
  if (!settings.reverse && settings.expose.length > 0) {
    throw new UsageError('--expose belongs where the targets are: give it to a provider, or to a server')
  }
  if (settings.reverse && settings.forward.length > 0) {
    throw new UsageError('--forward belongs where programs connect to: give it to a client or a connector')
  }
  if (settings.proxy.length > 0 && /^ws\+unix:/i.test(settings.url)) {
    throw new UsageError('--proxy: --url (-u) is a UNIX socket of this machine, which no proxy leads to')
  }
  const { route, guard = [] } = settings
  const [restriction] = Object.entries({ '--route': route, '--guard': guard })
    .filter(([, values]) => values.length > 0)
    .map(([flag]) => flag)
  if (settings.reverse || restriction === undefined) return
  // If a restriction were ignored, what the user wanted to close would stay open.
  throw new UsageError(`${restriction} belongs where traffic leaves: give it to the server or to a provider`)
}

/** Shortest lease that `@ls/direct` accepts, in milliseconds. */
const minLeaseMs = 10_000

/** Refuses a lease that would be renewed all the time. */
function checkLease({ directUpnpLease: leaseMs }: ClientSettings): void {
  if (leaseMs > 0 && leaseMs < minLeaseMs) throw new UsageError('--direct-upnp-lease must be 0, or at least 10s')
}

function checkFallbackUrl(url: string): void {
  checkUrl(url, '--fallback-url')
  if (readQuickLink(url).token === undefined) return
  throw new UsageError('--fallback-url has a token; give it once, with --token (-t) or in --url')
}

export function exposedSecrets({ tlsKey, tlsClientKey, accountFile }: ClientSettings): string[] {
  return exposedFiles({ '--tls-key': tlsKey, '--tls-client-key': tlsClientKey, '--account-file': accountFile })
}
