import { type Account, formatListenAddress, isLoopback } from '@ls/relay'
import { LinkSocksServer, type ReverseTokenRequest, type ServerOptions } from '@ls/server'
import { openServerCertificate } from '../certificates/server-certificate.js'
import { UsageError } from '../errors.js'
import { exitCode, type ExitCode } from '../exit-code.js'
import { nextLine, reachableHost } from '../output/next-line.js'
import type { Settings } from '../settings.js'
import { aborted } from '../stop-signals.js'
import { readAccounts } from './accounts.js'
import { asUsage, checkNetwork } from './check-settings.js'
import { type CommandContext, graceMs, tellWhatIsWaitedFor } from './context.js'
import { exposedFiles } from './exposed-files.js'
import { explainListenFailure, isListenFailure, proxyPort, webSocketPort } from './listen-failure.js'
import { definedOnly, givenLimits, sharedOptions } from './shared-options.js'
import { serverTls } from './tls-options.js'
import { webOptions } from './web-options.js'

export type ServerSettings = Settings<'server'>

/** Runs a server until the process is asked to end. */
export async function runServer(settings: ServerSettings, context: CommandContext): Promise<ExitCode> {
  const { logger, stop, print, program } = context
  checkNetwork(settings)
  checkAccessRules(settings)
  for (const warning of serverWarnings(settings)) logger.warn({}, warning)
  const accounts = readAccounts(settings)
  context.redactor.add(...accounts.map(({ password }) => password))
  const ownOptions = { ...serverOptions(settings), ...ownProxyOptions(settings, accounts) }
  const certificate = await openServerCertificate(settings, context)
  const options = { ...ownOptions, ...certificate.options, logger }
  const server = asUsage('', () => new LinkSocksServer(options))
  const tokens = asUsage('', () => registerTokens(server, settings, accounts))
  context.redactor.add(...tokens.map(({ token }) => token))
  const ports = [webSocketPort(settings), proxyPort(settings)]
  // The library has logged the error itself; what it cannot know is our flag.
  server.on('error', (error) => {
    if (isListenFailure(error)) logger.error({}, explainListenFailure(error, ports).message)
  })
  server.on('socksListening', (address) => print(`proxy: ${formatListenAddress(address)}`))

  try {
    await server.listen({ signal: stop })
  } catch (error) {
    certificate.close()
    await server.close()
    if (stop.aborted) return exitCode.ok
    throw explainListenFailure(error, ports)
  }
  for (const warning of exposureWarnings(settings)) logger.warn({}, warning)
  const urls = urlsOf(server, settings, options)
  print(`listening: ${urls.listening}`)
  if (certificate.pin !== undefined) print(`pin: ${certificate.pin}`)
  for (const { name, token, role } of tokens.filter(({ isNew }) => isNew)) {
    print(`${name}: ${token}`)
    const next = { role, token, url: urls.next, pin: certificate.pin }
    print(`next: ${nextLine({ program, ...next })}`)
    if (settings.qr && settings.logFormat !== 'json')
      await printCode(nextLine({ program: 'linksocks', ...next }), print)
  }
  await aborted(stop)
  certificate.close()
  tellWhatIsWaitedFor([...server.channels()].length, logger)
  await server.close({ graceMs })
  return exitCode.ok
}

/** Converts the settings to options of the library. */
export function serverOptions(settings: ServerSettings): ServerOptions {
  const { maxPending, maxPendingPerAddress, maxTokenChannels } = settings
  return {
    ...sharedOptions(settings),
    ...serverTls(settings),
    ...webOptions(settings),
    ...definedOnly({ apiKey: settings.apiKey }),
    host: settings.wsHost,
    port: settings.wsPort,
    socksHost: settings.socksHost,
    socksNowait: settings.socksNowait,
    connectorWaitMs: settings.connectorWaitProvider,
    graceMs: settings.grace,
    maxGraceSessions: settings.graceSessions,
    maxTokenGraceSessions: settings.tokenGraceSessions,
    processBudgetBytes: settings.memoryLimit,
    ...givenLimits({ maxPending, maxPendingPerAddress, maxTokenChannels }),
  }
}

/** @throws UsageError where they would restrict nothing: their author believes closed what is open */
function checkAccessRules({ reverse, connectorAutonomy, accessRule, apiKey, token }: ServerSettings): void {
  if (accessRule.length === 0 || !reverse || !connectorAutonomy || (apiKey !== undefined && token === undefined)) return
  throw new UsageError('--access-rule restricts nothing with --connector-autonomy (-a): give it to the providers')
}

/** Where traffic leaves here, the server may have proxy ports of its own; else they belong to the reverse token. */
export function ownProxyOptions(
  { reverse, socksListen, socksUsername, socksPassword }: ServerSettings,
  accounts: readonly Account[],
): Pick<ServerOptions, 'socksListen' | 'socksAccounts'> {
  if (reverse || socksListen.length === 0) return {}
  const first = socksUsername === undefined ? [] : [{ username: socksUsername, password: socksPassword ?? '' }]
  return { socksListen, socksAccounts: [...first, ...accounts] }
}

/** Where the server listens, and what its clients are to write. */
function urlsOf(
  server: LinkSocksServer,
  { wsHost, wsPort, wsPath = '', wsHostName, tlsDomain }: ServerSettings,
  { tls }: ServerOptions,
) {
  const { host, port } = server.address ?? { host: wsHost, port: wsPort }
  const path = wsPath === '' || wsPath.startsWith('/') ? wsPath : `/${wsPath}`
  if (host.startsWith(unixPrefix)) {
    const url = `ws+unix://${host.slice(unixPrefix.length)}${path === '' ? '' : `:${path}`}`
    return { listening: url, next: url }
  }
  const scheme = tls === undefined ? 'ws' : 'wss'
  const reachable = formatListenAddress({ host: reachableHost(host, [...tlsDomain, ...wsHostName]), port })
  return {
    listening: `${scheme}://${formatListenAddress({ host, port })}${path}`,
    next: `${scheme}://${reachable}${path === '' ? '/' : path}`,
  }
}

const unixPrefix = 'unix:'

/** Loaded only if needed. */
async function printCode(text: string, print: CommandContext['print']): Promise<void> {
  const { renderUnicodeCompact } = await import('uqr')
  for (const line of renderUnicodeCompact(text).split('\n')) print(line)
}

interface RegisteredToken {
  readonly name: 'token' | 'connector token'
  readonly token: string
  /** Generated here, so it must be shown. */
  readonly isNew: boolean
  /** The command that shows it to this server. */
  readonly role: 'client' | 'provider' | 'connector'
}

function registerTokens(
  server: LinkSocksServer,
  settings: ServerSettings,
  accounts: readonly Account[],
): readonly RegisteredToken[] {
  const { token, apiKey, reverse, connectorToken, connectorAutonomy } = settings
  if (apiKey !== undefined && token === undefined) return []
  const isNew = token === undefined
  if (!reverse) return [{ name: 'token', token: server.addForwardToken(token), isNew, role: 'client' }]

  const reverseToken = server.addReverseToken({
    ...definedOnly({ token, username: settings.socksUsername, password: settings.socksPassword }),
    // In autonomy there is no port: each connector brings its own.
    ...(connectorAutonomy ? { allowManageConnector: true } : portOf(settings)),
    accounts,
  }).token
  const provider = { name: 'token', token: reverseToken, isNew, role: 'provider' } as const
  if (connectorAutonomy) return [provider]
  const wanted = connectorToken.length === 0 ? [undefined] : connectorToken
  const connectors = wanted.map((each) => ({
    name: 'connector token' as const,
    token: server.addConnectorToken({ ...definedOnly({ token: each }), reverseToken }),
    isNew: each === undefined,
    role: 'connector' as const,
  }))
  return [provider, ...connectors]
}

/** Warnings about access that this setup gives to others on this machine or network. */
function exposureWarnings({ tlsKey, accountFile, wsHost }: ServerSettings): string[] {
  const files = exposedFiles({ '--tls-key': tlsKey, '--account-file': accountFile })
  const isPublic = !wsHost.startsWith(unixPrefix) && !isLoopback(wsHost)
  if (process.getuid?.() !== 0 || !isPublic) return files
  return [...files, `the server runs as root on a public port (${wsHost}): a user of its own would do`]
}

function portOf({ socksPort, socksListen }: ServerSettings): Pick<ReverseTokenRequest, 'socksPort' | 'socksListen'> {
  return socksListen.length === 0 ? { socksPort } : { socksListen }
}

function serverWarnings(settings: ServerSettings): string[] {
  const { reverse, connectorToken, connectorAutonomy, token, apiKey, guard, accessRule } = settings
  const warnings: string[] = []
  if (!reverse && connectorToken.length > 0)
    warnings.push('--connector-token (-c) has no effect without --reverse (-r)')
  if (!reverse && connectorAutonomy) warnings.push('--connector-autonomy (-a) has no effect without --reverse (-r)')
  if (reverse && connectorAutonomy && connectorToken.length > 0) {
    warnings.push('--connector-token (-c) has no effect with --connector-autonomy (-a): providers bring the tokens')
  }
  if (reverse && apiKey !== undefined && token === undefined) {
    warnings.push('--reverse (-r) has no effect with --api-key (-k) and without --token (-t): the API makes the tokens')
  }
  if (reverse && accessRule.length > 0 && connectorToken.length > 0) {
    warnings.push('--access-rule holds at the proxy port here; for connectors (-c) give it to the providers')
  }
  if (reverse && apiKey === undefined && guard !== undefined) {
    warnings.push('--guard has no effect with --reverse (-r): traffic leaves at the providers, so give it to them')
  }
  return warnings
}
