import type { HostCandidates } from './description.js'
import type { Puncher } from './puncher.js'

/** How a client uses direct paths. Both ends must want them, and the server must let them agree. */
export interface DirectOptions {
  /**
   * `auto`: new connections take the direct path while there is one, else the relay. `direct-only`: they never take the
   * relay. @default 'auto'
   */
  readonly mode?: 'auto' | 'direct-only' | undefined
  /** What a connector does without a path in mode `direct-only`: end, or refuse connections. @default 'exit' */
  readonly onlyAction?: 'exit' | 'refuse' | undefined
  /**
   * STUN servers, `host:port`, which tell a client its address outside of its NAT; they learn that address. @default
   * none
   */
  readonly stunServers?: readonly string[] | undefined
  /**
   * Whether the peer is told the addresses of this machine's network interfaces: `auto` and `always` tell them.
   * @default 'auto'
   */
  readonly hostCandidates?: HostCandidates | undefined
  /**
   * A secret that both ends share beside the connector token, which the server knows: with it not even the server can
   * sit between them. @default none
   */
  readonly secret?: string | undefined
  /** How connections through NATs are made. @default with `node-datachannel`, if it is installed */
  readonly loadPuncher?: (() => Promise<Puncher>) | undefined
}

/** @throws RangeError for an option that is not valid */
export function checkDirectOptions({ mode, onlyAction, hostCandidates, stunServers = [] }: DirectOptions): void {
  checkOneOf('direct.mode', mode, ['auto', 'direct-only'])
  checkOneOf('direct.onlyAction', onlyAction, ['exit', 'refuse'])
  checkOneOf('direct.hostCandidates', hostCandidates, ['auto', 'always', 'never'])
  if (stunServers.length > maxStunServers)
    throw new RangeError(`${stunServers.length} STUN servers are given; the limit is ${maxStunServers}`)
  for (const server of stunServers) checkServer(server)
}

/** Each one is asked at once, and learns our address. */
const maxStunServers = 8

function checkOneOf(name: string, value: string | undefined, known: readonly string[]): void {
  if (value !== undefined && !known.includes(value))
    throw new RangeError(`${name} is ${JSON.stringify(value)}; known are ${known.join(', ')}`)
}

function checkServer(server: string): void {
  const port = Number(/^(?:[\w.-]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})$/.exec(server)?.[1])
  if (!(port >= 1 && port <= 65_535))
    throw new RangeError(`${JSON.stringify(server)} is no STUN server: expected host:port`)
}
