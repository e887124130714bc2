import type { IncomingMessage } from 'node:http'
import type { Clock } from '@ls/foundation'
import { ApiRefusal } from '@ls/observe/http'

/** Limit of a body, in bytes: 100 times as much as a token and a few names need. */
export const maxBodyBytes = 65_536

/** Timeout of a body, in milliseconds: it fits into a few packets. */
export const bodyTimeoutMs = 10_000

/**
 * Reads a request's body as text. Bytes beyond the limit are discarded as they arrive: a caller that sends first and
 * reads later still gets the answer. The listener's deadline for requests ends such an upload.
 *
 * @throws ApiRefusal 413 past the limit, 408 past the deadline, 400 for bytes that are not UTF-8 or an upload cut short
 */
export function readBody(request: IncomingMessage, clock: Clock): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const finish = (outcome: string | ApiRefusal): void => {
      clock.clearTimeout(timer)
      request.off('data', onData).off('end', onEnd).off('close', onClose)
      request.resume()
      if (outcome instanceof ApiRefusal) reject(outcome)
      else resolve(outcome)
    }
    const onData = (chunk: Buffer): void => {
      bytes += chunk.length
      if (bytes > maxBodyBytes) return finish(tooLarge(request))
      chunks.push(chunk)
    }
    const onEnd = (): void => finish(decodeText(chunks))
    const onClose = (): void => finish(new ApiRefusal(400, 'the request body was cut short'))
    // The connection must not be reused: the rest of the body may still come.
    const late = new ApiRefusal(408, `no complete request body within ${bodyTimeoutMs} ms`, { connection: 'close' })
    const timer = clock.setTimeout(() => finish(late), bodyTimeoutMs)
    if (announcedBytes(request) > maxBodyBytes) return finish(tooLarge(request))
    request.on('data', onData).on('end', onEnd).on('close', onClose)
  })
}

function announcedBytes(request: IncomingMessage): number {
  return Number(request.headers['content-length'] ?? 0)
}

function tooLarge(request: IncomingMessage): ApiRefusal {
  const announced = announcedBytes(request)
  const size = announced > 0 ? ` of ${announced} bytes` : ''
  return new ApiRefusal(413, `request body${size} is too large: the limit is ${maxBodyBytes} bytes`)
}

function decodeText(chunks: readonly Buffer[]): string | ApiRefusal {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks))
  } catch {
    return new ApiRefusal(400, 'invalid request body: it is not UTF-8')
  }
}
