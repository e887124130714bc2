import { parseDnsServer } from '@ls/dial'
import { parseAccessRules, parseListenAddress, parseRoutes, parseUpstream, parseUpstreamHeaders } from '@ls/relay'
import { parseServerUrl, splitEarlyData } from '@ls/transport'
import { UsageError } from '../errors.js'
import { messageOf } from '../output/describe-error.js'

interface NetworkSettings {
  readonly upstreamProxy: readonly string[]
  readonly route: readonly string[]
  readonly upstreamHeader: readonly string[]
  readonly accessRule: readonly string[]
  readonly dnsServer: readonly string[]
  readonly socksListen: readonly string[]
  readonly tlsCert: string | undefined
  readonly socksUsername: string | undefined
  readonly socksPassword: string | undefined
}

/** Checks the settings that server and client share. @throws UsageError naming the flag */
export function checkNetwork(settings: NetworkSettings): void {
  for (const url of settings.upstreamProxy) asUsage('--upstream-proxy (-x)', () => parseUpstream(url))
  asUsage('--route', () => parseRoutes(settings.route))
  asUsage('--upstream-header', () => parseUpstreamHeaders(settings.upstreamHeader))
  for (const server of settings.dnsServer) asUsage('--dns-server', () => parseDnsServer(server))
  for (const place of settings.socksListen) checkPlace(place, settings)
  asUsage('--access-rule', () => parseAccessRules(settings.accessRule))
  const { socksUsername, socksPassword } = settings
  // Half of a login would open the port to all users, or to none.
  if ((socksUsername === undefined) === (socksPassword === undefined)) return
  const [given, missing] = socksUsername === undefined ? ['password', 'username'] : ['username', 'password']
  throw new UsageError(`--socks-${given} needs --socks-${missing} as well`)
}

function checkPlace(text: string, { tlsCert }: NetworkSettings): void {
  const place = asUsage('--socks-listen', () => parseListenAddress(text))
  if (tlsCert !== undefined || !('webSocket' in place) || !place.webSocket.secure) return
  throw new UsageError('--socks-listen with wss:// needs --tls-cert and --tls-key')
}

/** Checks a URL. @throws UsageError when a server cannot have this address */
export function checkUrl(url: string, flag = '--url (-u)'): void {
  asUsage(flag, () => splitEarlyData(parseServerUrl(url)))
}

/** Runs a check of a library and converts its error to one about the flag, or about the whole call. */
export function asUsage<T>(flag: string, check: () => T): T {
  try {
    return check()
  } catch (error) {
    throw new UsageError(flag === '' ? messageOf(error) : `${flag}: ${messageOf(error)}`, { cause: error })
  }
}
