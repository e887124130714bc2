import type { ServerResponse } from 'node:http'
import { silentLogger } from '@ls/foundation'
import { AllowedOrigins } from '../listen/allowed-origins.js'
import type { ListenOptions, TransportListener } from '../listen/listen-options.js'
import { listen } from '../listen/listen.js'
import type { UpgradeRequest } from '../listen/upgrade-request.js'
import { type CertificateFiles, readCertificateFiles } from '../port/certificate-files.js'
import { CertificateWatch } from '../port/certificate-watch.js'
import type { ServerTlsOptions } from '../port/server-tls.js'
import { ByteStream, maxStreamMessageBytes } from './byte-stream.js'

/** Options of `listen` that a port for byte streams sets itself, or has in another form. */
type OwnOptions = 'onTransport' | 'authorize' | 'onRequest' | 'earlyData' | 'tls'

/** Options of `listen`, for streams of bytes at one path. `maxMessageBytes` is 1 MiB unless given. */
export interface ByteStreamListenOptions extends Omit<ListenOptions, OwnOptions> {
  /**
   * Certificate and key, or their files: the port then uses `wss`. Files are reloaded when they change. @default none
   */
  readonly tls?: ServerTlsOptions | CertificateFiles | undefined
  /** Exact path of streams; a leading `/` is optional. Other paths get 404. */
  readonly path: string
  /** Origins of web pages that may connect, as browsers write them; all others get 403. @default none */
  readonly allowOrigins?: readonly string[] | undefined
  /** A client has connected; its early data is read first. */
  onStream(stream: ByteStream, request: UpgradeRequest): void
}

/** A port for byte streams. */
export type ByteStreamListener = Omit<TransportListener, 'setTls' | 'stopAccepting'>

/**
 * Listens for streams of bytes over WebSocket, as V2Ray and Xray open them, with and without early data. Resolves once
 * the port is open.
 *
 * @throws as `listen`
 *
 * @example
 * ```ts
 * const listener = await listenByteStreams({ port: 8080, path: '/echo', onStream: (stream) => stream.pipe(stream) })
 * ```
 */
export async function listenByteStreams(options: ByteStreamListenOptions): Promise<ByteStreamListener> {
  const { tls: given, onStream, path, allowOrigins, logger = silentLogger, clock, ...rest } = options
  const files = given !== undefined && 'certFile' in given ? given : undefined
  const tls = files === undefined ? (given as ServerTlsOptions | undefined) : readCertificateFiles(files)
  const shared = { logger, clock }
  const wanted = path.startsWith('/') ? path : `/${path}`
  const origins = new AllowedOrigins(allowOrigins)
  const listener = await listen({
    ...rest,
    maxMessageBytes: options.maxMessageBytes ?? maxStreamMessageBytes,
    ...shared,
    tls,
    earlyData: true,
    authorize: ({ path: asked, headers: { origin } }) => {
      if (asked !== wanted) return { status: 404, text: '404 page not found' }
      return origins.has(origin) ? undefined : { status: 403, text: origins.refusal(origin) }
    },
    onRequest: (_request, response) => answerNotFound(response),
    onTransport: (transport, request) => {
      const { address: remoteAddress, port: remotePort } = transport.peer
      const onAdmit = (): boolean => transport.admit()
      const options = { remoteAddress, remotePort, onAdmit, clock }
      onStream(new ByteStream(transport, options), request)
    },
  })
  if (files === undefined || tls === undefined) return listener
  const watch = new CertificateWatch({ files, logger, onChange: (changed) => listener.setTls(changed) }, tls)
  return watched(listener, watch)
}

function answerNotFound(response: ServerResponse): void {
  response.writeHead(404, { 'Content-Type': 'text/plain; charset=utf-8' })
  response.end('404 page not found\n')
}

/** Wraps the listener so that its close also stops the watch of its certificate. */
function watched(listener: TransportListener, watch: CertificateWatch): ByteStreamListener {
  return {
    address: () => listener.address(),
    get refusals() {
      return listener.refusals
    },
    get transports() {
      return listener.transports
    },
    close: () => {
      watch.close()
      return listener.close()
    },
    closeAll: (reason) => {
      watch.close()
      return listener.closeAll(reason)
    },
  }
}

/** Options shared by all ports of a program. */
export type SharedPortOptions = Pick<
  ByteStreamListenOptions,
  'tls' | 'allowOrigins' | 'trustedProxies' | 'clientAddressHeader' | 'proxyProtocol'
>

/** Options of one port, with TLS as a switch; see {@link byteStreamPorts}. */
export type ByteStreamPortOptions = Omit<ByteStreamListenOptions, keyof SharedPortOptions> & {
  /** Whether the port speaks TLS. */
  readonly secure: boolean
}

/**
 * Opens ports that trust the same proxies, and that share one certificate for TLS.
 *
 * @throws TypeError, from the opener, for a port with TLS if there is no certificate
 */
export function byteStreamPorts({
  tls,
  ...shared
}: SharedPortOptions): (options: ByteStreamPortOptions) => Promise<ByteStreamListener> {
  // Reports an invalid origin here, before the first port is opened.
  void new AllowedOrigins(shared.allowOrigins)
  return async ({ secure, ...options }) => {
    if (secure && tls === undefined) throw new TypeError('a wss:// port needs a certificate and its key')
    return listenByteStreams({ ...options, ...shared, tls: secure ? tls : undefined })
  }
}
