import { type Clock, type Logger, textOf } from '@ls/foundation'
import type { DirectOptions } from './options.js'
import type { Puncher } from './puncher.js'
import { RacingPuncher } from './racing-puncher.js'
import { TcpWays } from './tcp/tcp-ways.js'
import { loadNativePuncher } from './udp/native-puncher.js'
import type { PortMapper } from './upnp/port-mapper.js'

/** What a puncher uses of its client. */
export interface PuncherContext {
  /** Source of time and timers. */
  readonly clock: Clock
  /** Receives a warning where a part is missing. */
  readonly logger: Logger
  /** Opens the UDP port at a router, and the TCP port of the options. @default it is not asked */
  readonly mapper?: PortMapper | undefined
}

/**
 * Loads the puncher for the protocols that the options want. Without the native part it opens paths by TCP alone.
 *
 * @throws DirectError `ERR_DIRECT_UNAVAILABLE` where only UDP is wanted, and the native part is missing
 */
export async function loadPuncher(options: DirectOptions, { clock, logger, mapper }: PuncherContext): Promise<Puncher> {
  if (options.loadPuncher !== undefined) return options.loadPuncher()
  const { protocol = 'auto', hostCandidates = 'auto', port = 0 } = options
  const loadUdp = (): Promise<Puncher> => loadNativePuncher(options, clock, mapper)
  if (protocol === 'udp') return loadUdp()
  const onProblem = (text: string): void => logger.warn({}, `the TCP port of direct paths is not open: ${text}`)
  // Only a port that stays the same can be passed on.
  const mapping = port === 0 ? undefined : mapper?.map(port, 0, 'TCP')
  const tcp = new TcpWays({ clock, hostCandidates, port, mapping, onProblem })
  if (protocol === 'tcp') return new RacingPuncher({ clock, tcp })
  const udp = await loadUdp().catch((error: unknown): undefined => {
    logger.warn({ err: error }, `${textOf(error)}; direct paths are tried over TCP alone`)
  })
  return new RacingPuncher({ clock, tcp, udp })
}
