import { maxEarlyDataBytes } from '@ls/codec'
import { checkDurationMs, checkInteger } from '@ls/foundation'
import { connect, type Connect, type ConnectOptions } from '../connect/connect.js'
import { parseServerUrl } from '../connect/url.js'
import { ByteStream, maxStreamMessageBytes, type OpenTransport } from './byte-stream.js'
import { splitEarlyData } from './early-data.js'

/** Options of `connect`, without `firstMessages`: the stream writes them. `maxMessageBytes` is 1 MiB unless given. */
export interface ByteStreamConnectOptions extends Omit<ConnectOptions, 'firstMessages'> {
  /**
   * Silence of the other side after `end()` until the WebSocket is closed, in milliseconds; see `ByteStreamOptions`.
   * @default 5000, as V2Ray
   */
  readonly answerWaitMs?: number | false | undefined
  /** Opens the WebSocket in some other way, for instance in a browser. @default this package's `connect` */
  readonly connect?: Connect | undefined
}

/**
 * Opens a WebSocket as a stream of bytes, one for each connection, as V2Ray and Xray do.
 *
 * With early data, by `earlyDataBytes` or `ed=2048` in the URL's query (which is not sent), it resolves immediately:
 * the first write opens the WebSocket, and is sent in the upgrade if it fits. A failure then destroys the stream with
 * the error of `connect`. `signal` aborts the opening in either case.
 *
 * @throws as `connect`
 *
 * @example
 * ```ts
 * const stream = await connectByteStream({ url: 'wss://example.org/path?ed=2048' })
 * stream.write('hello')
 * ```
 */
export async function connectByteStream(options: ByteStreamConnectOptions): Promise<ByteStream> {
  const { connect: open = connect, answerWaitMs = 5000, maxMessageBytes = maxStreamMessageBytes, ...rest } = options
  const given = typeof options.url === 'string' ? parseServerUrl(options.url) : options.url
  const wantedBytes = checkInteger('earlyDataBytes', options.earlyDataBytes ?? 0, 0, maxEarlyDataBytes)
  const { url, earlyDataBytes = wantedBytes } = splitEarlyData(given)
  const connectOptions = { ...rest, maxMessageBytes, url, earlyDataBytes }
  // Checked before a link is open, which the stream could not close if it refused the option.
  if (answerWaitMs !== false) checkDurationMs('answerWaitMs', answerWaitMs)
  const streamOptions = { answerWaitMs, clock: options.clock }
  if (earlyDataBytes === 0) return new ByteStream(await open(connectOptions), streamOptions)
  options.signal?.throwIfAborted()
  const openWith: OpenTransport = (firstMessages, destroyed) => {
    const signal = options.signal === undefined ? destroyed : AbortSignal.any([destroyed, options.signal])
    return open({ ...connectOptions, firstMessages, signal })
  }
  return new ByteStream(openWith, streamOptions)
}
