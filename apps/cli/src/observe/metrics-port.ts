import { createServer, type RequestListener } from 'node:http'
import { isLoopback, type Snapshot } from '@ls/foundation'
import type { ExpositionWriter } from '@ls/metrics'
import { formatListenAddress, type ListenAddress, openServer, parseListenAddress } from '@ls/relay'
import type { ApiOptions } from '@ls/server'
import { answerInTurn } from '@ls/transport'
import type { CommandContext } from '../commands/context.js'
import { explainListenFailure } from '../commands/listen-failure.js'
import { UsageError } from '../errors.js'
import { asUsage } from '../options/check-settings.js'
import { makeRoom } from './make-room.js'

/** A port with the status of the program. */
export interface MetricsPort {
  /** Its TCP port, if it is one: clients whose traffic leaves here must not reach it. */
  readonly ports: readonly number[]
  close(): Promise<void>
}

/**
 * Opens the address of `--metrics`, if it is given. It answers before links can come in, and while the program ends.
 *
 * @throws UsageError for an address that cannot be read, ListenError for one that cannot be opened
 */
export async function openMetrics(
  { metrics }: { readonly metrics: string | undefined },
  snapshot: () => Snapshot,
  { logger, print }: CommandContext,
): Promise<MetricsPort> {
  if (metrics === undefined) return { ports: [], close: () => Promise.resolve() }
  const place = readHttpPlace('--metrics', metrics)
  // Loaded only if needed: prom-client loads slowly.
  const { metricsHandler } = await import('@ls/metrics')
  const localOnly = 'host' in place && isLoopback(place.host)
  const port = await openHttpPort(metricsHandler({ snapshot, localOnly, logger }), place, {
    flag: '--metrics',
    what: 'the metrics port',
  })
  const { address } = port
  if ('host' in address && !isLoopback(address.host))
    logger.warn({ ...address }, 'other machines can reach the metrics port and see the traffic of each token')
  print(`metrics: ${formatListenAddress(address)}`)
  return port
}

/** Opens the address as {@link openMetrics} does; a worker reports to its primary instead, which has the port. */
export async function openStatus(
  settings: { readonly metrics: string | undefined },
  snapshot: () => Snapshot,
  context: CommandContext,
): Promise<MetricsPort> {
  const { worker } = context
  if (worker === undefined) return openMetrics(settings, snapshot, context)
  const end = settings.metrics === undefined ? () => {} : worker.report(snapshot)
  return { ports: worker.primaryPorts, close: async () => end() }
}

/** Opens a port for observers, people and programs. @throws ListenError for an address that cannot be opened */
export async function openHttpPort(
  answer: RequestListener,
  place: HttpPlace,
  { flag, what }: { readonly flag: string; readonly what: string },
): Promise<MetricsPort & { readonly address: HttpPlace }> {
  const server = createServer(timeouts, answerInTurn(answer))
  makeRoom(server, maxConnections)
  const address = await openServer(server, place, what).catch((error: unknown) => {
    const flags = { portFlag: flag, hostFlag: flag }
    throw explainListenFailure(error, 'port' in place ? [{ ...place, ...flags }] : [])
  })
  return {
    address,
    ports: 'port' in address ? [address.port] : [],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Checks the addresses of `--metrics` and `--dashboard`. @throws UsageError for an invalid one */
export function checkMetrics({
  metrics,
  dashboard,
}: {
  readonly metrics: string | undefined
  readonly dashboard?: string | undefined
}): void {
  if (metrics !== undefined) readHttpPlace('--metrics', metrics)
  if (dashboard !== undefined) readHttpPlace('--dashboard', dashboard)
}

/** Parses an address. @throws UsageError for an invalid one */
export function readHttpPlace(flag: string, text: string): HttpPlace {
  const place = asUsage(flag, () => parseListenAddress(text))
  if ('webSocket' in place) throw new UsageError(`${flag}: it is HTTP; write HOST:PORT or unix:PATH`)
  return place
}

export type HttpPlace = Exclude<ListenAddress, { webSocket: unknown }>

/** Scrapers send a request every few seconds and are quick; a slow one is cut, at the next check. */
const timeouts = {
  headersTimeout: 5000,
  requestTimeout: 10_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 1000,
}

/** Most connections: a few scrapers, health checks and people. */
const maxConnections = 64

/** Writes numbers for the API; loads its modules at the first call. */
export function metricsWriter(snapshot: () => Snapshot): NonNullable<ApiOptions['writeMetrics']> {
  let expositor: Promise<ExpositionWriter> | undefined
  return async (accept, given) => {
    expositor ??= import('@ls/metrics').then(({ ExpositionWriter }) => new ExpositionWriter(snapshot))
    return (await expositor).write(accept, given)
  }
}
