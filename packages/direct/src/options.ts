import { checkInteger, maxPort, type Target } from '@ls/foundation'
import type { Puncher } from './puncher.js'
import type { HostCandidates } from './udp/description.js'
import { checkUpnpOptions, type UpnpOptions } from './upnp/upnp-options.js'

/** Options of direct paths. Both ends must enable them, and the server must allow them. */
export interface DirectOptions {
  /**
   * `auto`: new connections take the direct path while there is one, otherwise the relay. `direct-only`: they never
   * take the relay. @default 'auto'
   */
  readonly mode?: 'auto' | 'direct-only' | undefined
  /** Action of a connector without a path in mode `direct-only`: end, or refuse connections. @default 'exit' */
  readonly onlyAction?: 'exit' | 'refuse' | undefined
  /**
   * STUN servers, `host:port`, which report a client's address outside of its NAT; they see that address. @default none
   */
  readonly stunServers?: readonly string[] | undefined
  /**
   * Whether the peer receives the addresses of this machine's network interfaces: `auto` and `always` send them.
   * @default 'auto'
   */
  readonly hostCandidates?: HostCandidates | undefined
  /**
   * Secret that both ends share in addition to the connector token, which the server knows: with it not even the server
   * can intercept the path. @default none
   */
  readonly secret?: string | undefined
  /** Opens the UDP ports of direct paths at a router that speaks UPnP. @default the router is not asked */
  readonly upnp?: UpnpOptions | undefined
  /**
   * Protocols of direct paths: `tcp` with TLS, which opens a port while a path is wanted; `udp` with WebRTC data
   * channels. `auto` tries both, and prefers TCP. @default 'auto'
   */
  readonly protocol?: 'auto' | 'tcp' | 'udp' | undefined
  /**
   * TCP port for paths, which a firewall or a router lets in. It is open only while a path is wanted. @default any
   */
  readonly port?: number | undefined
  /** Loads the code that opens connections. @default TCP, and UDP by `node-datachannel` if it is installed */
  readonly loadPuncher?: (() => Promise<Puncher>) | undefined
}

/** Checks the options. @throws RangeError for an invalid one */
export function checkDirectOptions(options: DirectOptions): void {
  const { mode, onlyAction, hostCandidates, protocol, port, stunServers = [], upnp } = options
  checkOneOf('direct.mode', mode, ['auto', 'direct-only'])
  checkOneOf('direct.onlyAction', onlyAction, ['exit', 'refuse'])
  checkOneOf('direct.hostCandidates', hostCandidates, ['auto', 'always', 'never'])
  checkOneOf('direct.protocol', protocol, ['auto', 'tcp', 'udp'])
  if (port !== undefined) checkInteger('direct.port', port, 0, maxPort)
  if (stunServers.length > maxStunServers)
    throw new RangeError(`${stunServers.length} STUN servers are given; the limit is ${maxStunServers}`)
  for (const server of stunServers) parseStunServer(server)
  if (upnp !== undefined) checkUpnpOptions(upnp)
}

/** Most STUN servers: each one gets a request, and sees the client's address. */
const maxStunServers = 8

function checkOneOf(name: string, value: string | undefined, known: readonly string[]): void {
  if (value !== undefined && !known.includes(value))
    throw new RangeError(`${name} is ${JSON.stringify(value)}; known are ${known.join(', ')}`)
}

/** Parses `host:port`, with an IPv6 address in brackets. @throws RangeError for anything else */
export function parseStunServer(server: string): Target {
  const { 1: name, 2: address, 3: digits } = /^(?:([\w.-]+)|\[([0-9A-Fa-f:.]+)\]):(\d{1,5})$/.exec(server) ?? []
  const host = name ?? address
  const port = Number(digits)
  if (host !== undefined && port >= 1 && port <= maxPort) return { host, port }
  throw new RangeError(`${JSON.stringify(server)} is no STUN server: expected host:port`)
}
