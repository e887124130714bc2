import { LinkSocksClient } from '@ls/client'
import { formatListenAddress } from '@ls/relay'
import { LinkSocksServer } from '@ls/server'
import { exitCode, type ExitCode } from '../exit-code.js'
import { aborted } from '../life/stop-signals.js'
import type { Settings } from '../settings.js'
import { startClient } from './client.js'
import { type CommandContext, graceMs } from './context.js'
import { explainListenFailure, proxyPort, webSocketPort } from './listen-failure.js'

export type DemoSettings = Settings<'demo'>

/** Loopback only: the demo requires no password. */
const host = '127.0.0.1'

/** Runs a server and a client on this machine until the process receives a signal to end. */
export async function runDemo(settings: DemoSettings, context: CommandContext): Promise<ExitCode> {
  const { logger, stop } = context
  const server = new LinkSocksServer({ host, port: settings.wsPort, logger: logger.child({ role: 'server' }) })
  const token = server.addForwardToken()
  context.redactor.add(token)
  let client: LinkSocksClient | undefined
  try {
    await server.listen({ signal: stop })
    client = new LinkSocksClient({
      url: `ws://${host}:${server.address?.port}`,
      token,
      proxy: { host, port: settings.socksPort },
      reconnect: false,
      proxyFromEnvironment: false,
      logger: logger.child({ role: 'client' }),
    })
    await startClient(client, stop)
    context.service.ready()
    for (const line of welcome(context.program, token, server.address, client.socksAddress)) context.print(line)
    const end = await Promise.race([client.closed, aborted(stop)])
    if (end instanceof Error) throw end
  } catch (error) {
    if (!stop.aborted) throw explainListenFailure(error, portsOf(settings))
  } finally {
    await client?.close({ graceMs })
    await server.close()
  }
  return exitCode.ok
}

function portsOf({ wsPort, socksPort }: DemoSettings) {
  return [webSocketPort({ wsHost: host, wsPort }), proxyPort({ socksHost: host, socksPort })]
}

interface Address {
  readonly host: string
  readonly port: number
}

function welcome(program: string, token: string, server: Address | undefined, proxy: Address | undefined): string[] {
  if (server === undefined || proxy === undefined) return []
  const proxyAddress = formatListenAddress(proxy)
  return [
    'LinkSocks runs: a server and a client, both on this machine.',
    '',
    `  proxy:  socks5h://${proxyAddress}`,
    // The server's own page: available without the Internet, and reached through the whole tunnel.
    `  try it: curl --socks5-hostname ${proxyAddress} http://${formatListenAddress(server)}/`,
    '',
    'Next, on two machines:',
    `  1. in the network to reach:   ${program} server`,
    `  2. where you want to use it:  ${program} client -t TOKEN -u ws://SERVER:8765   (1 prints the token)`,
    `  3. point your programs there at socks5h://127.0.0.1:9870`,
    '',
    `Or link to this one, from this machine: ${program} client -t ${token} -u ws://${formatListenAddress(server)} -p 0`,
    '',
    'Ctrl-C ends it.',
  ]
}
