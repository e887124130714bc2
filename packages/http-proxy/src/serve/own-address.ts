import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Target } from '@ls/dial'

/** The client's address, if known. */
export function sourceOf(connection: Duplex): Target | undefined {
  const { remoteAddress: host, remotePort: port } = connection as Partial<Socket>
  return host === undefined || port === undefined ? undefined : { host, port }
}

/** Whether `target` is the address on which this connection was accepted, as far as that is known. */
export function isOwnAddress(connection: Duplex, { host, port }: Target): boolean {
  const { localAddress, localPort } = connection as Partial<Socket>
  return port === localPort && (host === 'localhost' || host === localAddress?.replace(/^::ffff:/, ''))
}

/**
 * Whether `target`, known only from the Host field, is the port on which this connection was accepted. A redirected
 * client has the port of its own target in Host. A client with our port has sent its request to us, under any name: a
 * web page can have a name that points here (DNS rebinding).
 */
export function isOwnPort(connection: Duplex, { port }: Target): boolean {
  return port === (connection as Partial<Socket>).localPort
}
