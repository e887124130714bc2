import type { ClientRequest, IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { Transform } from 'node:stream'
import { askForReset } from '@ls/dial'

/** How the connection of a request has ended. */
export interface ConnectionEnd {
  /** Resolves with the error of a connection that was reset; undefined while it is open, and after its end. */
  verdict: Promise<Error | undefined>
}

/**
 * Watches how the connection of a request ends. It checks for a reset before Node closes the connection: see
 * `askForReset`.
 */
export function watchConnectionEnd(request: ClientRequest): ConnectionEnd {
  const end: ConnectionEnd = { verdict: Promise.resolve(undefined) }
  request.once('socket', (socket) => {
    // Over TLS an empty write sends nothing, so it cannot show a reset.
    if (!(socket instanceof Socket) || 'encrypted' in socket) return
    const onEnd = (): void => {
      end.verdict = new Promise((resolve) => askForReset(socket, resolve))
    }
    socket.prependOnceListener('end', onEnd)
    request.once('close', () => socket.off('end', onEnd))
  })
  return end
}

/** Whether only the end of its connection ends an answer (RFC 9112 §6.3, number 8). */
export function endsWithConnection({ headers }: IncomingMessage): boolean {
  return headers['content-length'] === undefined && headers['transfer-encoding'] === undefined
}

/** Passes an answer on, and fails instead of its end where its connection was reset. */
export function untilConnectionEnd(end: ConnectionEnd): Transform {
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => done(null, chunk),
    flush: (done) => {
      void end.verdict.then((error) => done(error))
    },
  })
}
