import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Target } from '../message/authority.js'

/** Where the client of a connection is, if the connection knows. */
export function sourceOf(connection: Duplex): Target | undefined {
  const { remoteAddress: host, remotePort: port } = connection as Partial<Socket>
  return host === undefined || port === undefined ? undefined : { host, port }
}

/** Whether `target` is where this very connection came in, as far as its address tells. */
export function isOwnAddress(connection: Duplex, { host, port }: Target): boolean {
  const { localAddress, localPort } = connection as Partial<Socket>
  return port === localPort && (host === 'localhost' || host === localAddress?.replace(/^::ffff:/, ''))
}

/**
 * Whether `target`, known from the Host field alone, is where this very connection came in. A client that was sent here
 * unawares has the port of its target in Host; one that asked for our port asked for us, by whatever name: a web page whose
 * name was made to lead here has one of its own (DNS rebinding).
 */
export function isOwnPort(connection: Duplex, { port }: Target): boolean {
  return port === (connection as Partial<Socket>).localPort
}
