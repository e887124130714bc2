import { formatListenAddress } from '@ls/relay'
import type { LinkSocksServer } from '@ls/server'
import type { CommandContext } from '../commands/context.js'
import type { Settings } from '../settings.js'
import type { RegisteredToken } from '../tokens/server-tokens.js'
import { LineOutput } from './line-output.js'
import { type NextLine, nextLine, reachableHost, relayLine } from './next-line.js'
import { qrCode } from './qr-code.js'

type ServerSettings = Settings<'server'>

/** Data for {@link printAccess}. */
export interface ServerAccess {
  readonly server: LinkSocksServer
  readonly settings: ServerSettings
  readonly tokens: readonly RegisteredToken[]
  /** Pin of a certificate that clients cannot check otherwise. */
  readonly pin: NextLine['pin']
  readonly isTls: boolean
}

/** Prints the server's addresses, and the generated tokens with the commands to use them. */
export async function printAccess(access: ServerAccess, context: CommandContext): Promise<void> {
  const { print, program } = context
  const { settings, tokens, pin } = access
  const urls = urlsOf(access)
  print(`listening: ${urls.listening}`)
  if (hasDashboard(settings) && urls.dashboard !== undefined) print(`dashboard: ${urls.dashboard}`)
  if (pin !== undefined) print(`pin: ${pin}`)
  if (settings.relay) print(`next: ${relayLine({ program, url: urls.next, pin })}`)
  for (const { name, token, role, isNew } of tokens) {
    if (isNew) print(`${name}: ${token}`)
    // A given token is not shown without need: output may end in a log.
    else if (!settings.qr) continue
    const next = { role, token, url: urls.next, pin }
    print(`next: ${nextLine({ program, ...next })}`)
    if (settings.qr && settings.logFormat !== 'json')
      await printCode(nextLine({ program: 'linksocks', ...next }), context)
  }
}

/** Whether there is a dashboard: it needs the key to sign in, and a fallback hides it. */
export function hasDashboard({ apiKey, noDashboard, fallback }: ServerSettings): boolean {
  return apiKey !== undefined && !noDashboard && fallback === undefined
}

/** Address of the server, and the URL for its clients. */
function urlsOf({ server, settings, isTls }: ServerAccess): Urls {
  const { wsHost, wsPort, wsPath = '', wsHostName, tlsDomain } = settings
  const { host, port } = server.address ?? { host: wsHost, port: wsPort }
  const path = wsPath === '' || wsPath.startsWith('/') ? wsPath : `/${wsPath}`
  if (host.startsWith(unixPrefix)) {
    const url = `ws+unix://${host.slice(unixPrefix.length)}${path === '' ? '' : `:${path}`}`
    return { listening: url, next: url, dashboard: undefined }
  }
  const scheme = isTls ? 'wss' : 'ws'
  const reachable = formatListenAddress({ host: reachableHost(host, [...tlsDomain, ...wsHostName]), port })
  return {
    listening: `${scheme}://${formatListenAddress({ host, port })}${path}`,
    next: `${scheme}://${reachable}${path === '' ? '/' : path}`,
    dashboard: `${scheme.replace('ws', 'http')}://${reachable}/dashboard/`,
  }
}

interface Urls {
  readonly listening: string
  /** URL for clients, with a name that other machines can reach. */
  readonly next: string
  readonly dashboard: string | undefined
}

const unixPrefix = 'unix:'

/** Prints a code. Escape sequences do not pass `print`, so a terminal gets it directly. */
async function printCode(text: string, { print, worker }: CommandContext): Promise<void> {
  if (worker?.prints === false) return
  const output = new LineOutput(1)
  const onTerminal = output.isTTY && (process.env['NO_COLOR'] ?? '') === ''
  for (const line of await qrCode(text, onTerminal ? 'coloured' : 'plain')) {
    if (onTerminal) output.write(`${line}\n`)
    else print(line)
  }
}
