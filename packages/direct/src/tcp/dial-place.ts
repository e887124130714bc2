import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { formatHostPort, type Target } from '@ls/foundation'
import { DirectError } from '../errors.js'
import type { Invitation } from './invitation.js'
import { greeting, tlsTerms } from './secure.js'

/** Connects a socket to a place of a peer. */
export function startDial({ host, port }: Target): Socket {
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: keepAliveMs })
  // Who waits for it receives the error; without a listener it would end the process.
  return socket.on('error', () => {})
}

/** Time without data until the system asks whether the peer is alive, in milliseconds. */
const keepAliveMs = 15_000

/**
 * Opens TLS over a socket to a peer; destroy the socket to cancel it. Nothing is sent to a port that does not greet.
 *
 * @throws DirectError for a port of another program; the error of the socket or of TLS
 */
export async function openTls(
  socket: Socket,
  place: Target,
  { id, secret }: Pick<Invitation, 'id' | 'secret'>,
): Promise<TLSSocket> {
  await readGreeting(socket, place)
  const secure = connectTls({
    ...tlsTerms,
    socket,
    pskCallback: () => ({ identity: id, psk: secret }),
    // There are no certificates.
    checkServerIdentity: () => undefined,
  })
  // The socket below reports its errors through this one.
  socket.on('error', (error) => secure.destroy(error))
  await once(secure, 'secureConnect')
  return secure
}

async function readGreeting(socket: Socket, { host, port }: Target): Promise<void> {
  let received: Buffer | null = null
  while ((received = socket.read(greeting.length) as Buffer | null) === null) {
    if (socket.readableEnded || socket.destroyed) throw otherProgram()
    await once(socket, 'readable')
  }
  if (received.equals(greeting)) return
  socket.destroy()
  throw otherProgram()

  function otherProgram(): DirectError {
    const text = `the program at ${formatHostPort(host, port)} is not the peer, or has ended the connection`
    return new DirectError('ERR_DIRECT_PATH', text)
  }
}
