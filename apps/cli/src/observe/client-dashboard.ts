import { randomBytes } from 'node:crypto'
import type { RequestListener } from 'node:http'
import type { LinkSocksClient } from '@ls/client'
import { isLoopback, systemClock } from '@ls/foundation'
import { formatListenAddress } from '@ls/relay'
import type { CommandContext } from '../commands/context.js'
import { type HttpPlace, type MetricsPort, metricsWriter, openHttpPort, readHttpPlace } from './metrics-port.js'

/** Opens the address of `--dashboard`, if it is given. @throws UsageError for an invalid address, ListenError */
export async function openDashboard(
  { dashboard }: { readonly dashboard: string | undefined },
  client: LinkSocksClient,
  { logger, print }: Pick<CommandContext, 'logger' | 'print'>,
): Promise<MetricsPort> {
  if (dashboard === undefined) return { ports: [], close: () => Promise.resolve() }
  const place = readHttpPlace('--dashboard', dashboard)
  // Loaded only if needed.
  const { WatchApi } = await import('@ls/observe/http')
  // A UNIX socket is for the owner of the process; a port is open to all users of the machine.
  const apiKey = 'host' in place ? randomBytes(keyBytes).toString('hex') : undefined
  const api = new WatchApi({
    program: {
      live: client.live,
      snapshot: () => client.snapshot(),
      destinations: (query) => client.destinations(query),
      closeChannel: (id) => client.closeChannel(id),
    },
    apiKey,
    dashboard: () => import('@ls/dashboard').then(({ dashboardFiles }) => dashboardFiles()),
    writeMetrics: metricsWriter(() => client.snapshot()),
    clock: systemClock,
    logger,
  })
  const answer: RequestListener = (request, response) => api.answer(request, response)
  const port = await openHttpPort(answer, place, { flag: '--dashboard', what: 'the dashboard' })
  const { address } = port
  if ('host' in address && !isLoopback(address.host))
    logger.warn(
      { ...address },
      'other machines can reach the dashboard, without TLS: anyone with the key can see and cut connections',
    )
  print(`dashboard: ${shown(address, apiKey)}`)
  return port
}

/** 128 bits cannot be guessed, so guesses are not slowed down. */
const keyBytes = 16

/** Address to show; the part after `#` stays in the browser. */
function shown(address: HttpPlace, key: string | undefined): string {
  const place = formatListenAddress(address)
  return key === undefined ? place : `http://${place}/dashboard/#key=${key}`
}
