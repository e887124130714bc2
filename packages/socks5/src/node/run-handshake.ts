import type { Duplex } from 'node:stream'
import type { EstablishedStep } from '../client-handshake.js'
import { SocksError } from '../errors.js'
import type { FailedStep, NeedMoreStep } from '../handshake-reader.js'
import type { RequestStep } from '../server-handshake.js'
import { abortReason, tookTooLong } from './deadline.js'
import { endGracefully } from './end-gracefully.js'

export interface HandshakeRun<F extends RequestStep | EstablishedStep> {
  readonly push: (bytes: Uint8Array) => NeedMoreStep | FailedStep | F
  /** Bytes of the peer that were read before. */
  readonly initialBytes?: Uint8Array | undefined
  /** Ends the run; its reason becomes the error. */
  readonly signal?: AbortSignal | undefined
  /** Ends the run too: `what` took longer than `ms` milliseconds. */
  readonly deadline?: { readonly what: string; readonly ms: number }
}

/**
 * Feeds a handshake from a socket until it ends. Afterwards the socket is paused, with the bytes after the handshake
 * put back, so that the next reader sees the tunnel from its first byte. If the promise rejects, the socket is closed.
 *
 * The socket keeps a listener that ignores `error`; otherwise a reset while the caller dials would end the process.
 * Listen for `close`, which always follows.
 */
export function runHandshake<F extends RequestStep | EstablishedStep>(
  socket: Duplex,
  run: HandshakeRun<F>,
): Promise<F> {
  const { push, initialBytes, signal, deadline } = run
  if (!socket.listeners('error').includes(ignoreError)) socket.on('error', ignoreError)
  return new Promise((resolve, reject) => {
    let running = true

    const onData = (chunk: Uint8Array) => {
      const step = push(chunk)
      if (step.state === 'failed') return fail(step.error, step.output)
      if (step.output.length > 0) socket.write(step.output)
      if (step.state !== 'need-more') succeed(step)
    }
    const onError = (error: Error) => fail(closedError(error))
    const onClosed = () => fail(closedError(socket.errored))
    const onAbort = () => signal !== undefined && fail(abortReason(signal))
    let timer: NodeJS.Timeout | undefined

    const detach = () => {
      running = false
      socket.pause()
      socket.off('data', onData).off('end', onClosed).off('close', onClosed).off('error', onError)
      signal?.removeEventListener('abort', onAbort)
      clearTimeout(timer)
    }
    const succeed = (step: F) => {
      detach()
      if (step.leftover.length > 0) socket.unshift(step.leftover)
      resolve(step)
    }
    const fail = (error: Error, lastWords?: Uint8Array) => {
      detach()
      endGracefully(socket, lastWords)
      reject(error)
    }

    if (signal?.aborted) return void onAbort()
    if (socket.destroyed || socket.readableEnded) return onClosed()
    socket.on('data', onData).on('end', onClosed).on('close', onClosed).on('error', onError)
    signal?.addEventListener('abort', onAbort, { once: true })
    if (deadline !== undefined) timer = setTimeout(() => fail(tookTooLong(deadline.what, deadline.ms)), deadline.ms)
    if (initialBytes !== undefined) onData(initialBytes)
    if (running) socket.resume()
  })
}

function ignoreError(): void {}

function closedError(cause: Error | null): SocksError {
  const text = 'the connection closed during the handshake'
  if (cause === null) return new SocksError('ERR_SOCKS_CLOSED', text)
  return new SocksError('ERR_SOCKS_CLOSED', `${text}: ${cause.message}`, { cause })
}
