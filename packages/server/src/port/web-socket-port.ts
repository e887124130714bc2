import {
  CertificateWatch,
  describeCertificate,
  listen,
  readCertificateFiles,
  type RefusalCounts,
  type ServerTlsOptions,
  type TransportListener,
  type UpgradeRequest,
} from '@ls/transport'
import type { ManagementApi } from '../api/management-api.js'
import { parseFallback } from '../fallback/fallback.js'
import { openFallback } from '../fallback/open-fallback.js'
import type { ArrivingTransport } from '../links/arriving-transport.js'
import type { AuthThrottle } from '../links/auth-throttle.js'
import { believedProxies, type ResolvedServerOptions } from '../options/resolve-options.js'
import type { PassedLinks } from '../session-owners/passed-links.js'
import { type Accept, serveWisp } from '../wisp/serve-wisp.js'
import { wispToken } from '../wisp/wisp-path.js'
import { RequestRouter } from './request-router.js'

export interface WebSocketPortOptions {
  readonly server: ResolvedServerOptions
  /** Whether no other process of a `node:cluster` shares the port. @default false */
  readonly exclusive?: boolean
  readonly api: ManagementApi | undefined
  readonly throttle: AuthThrottle
  isDraining(): boolean
  /** Whether this client process, hex, was asked to link to another node, and is refused now. */
  isAskedToLeave(instance: string): boolean
  /** State of a relay, as far as strangers may see it; undefined where the server is no relay. */
  readonly health: (() => object | undefined) | undefined
  isKnownToken(hash: string): boolean
  /** Receives links whose sessions other processes have. */
  readonly passed: PassedLinks
  /** Called when a client was refused before its WebSocket was opened, because its token is unknown. */
  onRefused(remoteAddress: string, reason: string): void
  readonly onTransport: Accept
}

/** The port for links, with its certificate and its fallback. */
export class WebSocketPort {
  readonly #listener: TransportListener
  readonly #requestRouter: RequestRouter
  #certificateWatch: CertificateWatch | undefined
  #certificate: string | Buffer | undefined

  private constructor(listener: TransportListener, requestRouter: RequestRouter) {
    this.#listener = listener
    this.#requestRouter = requestRouter
  }

  /**
   * Opens the port. @throws ListenError for a port that cannot be opened, TransportError for an unusable certificate
   */
  static async open(options: WebSocketPortOptions, signal?: AbortSignal): Promise<WebSocketPort> {
    const { server } = options
    const tls = readTls(server)
    const requestRouter = await openRequestRouter(options)
    try {
      const listener = await listen({
        ...listenOptions(server),
        exclusive: options.exclusive,
        signal,
        tls,
        earlyData: true,
        authorize: (request) => requestRouter.authorize(request),
        onTransport: (transport, request) => arrive(transport, request, options),
        onRequest: (request, response, client) => requestRouter.answer(request, response, client),
      })
      const port = new WebSocketPort(listener, requestRouter)
      port.#useCertificate(server, tls)
      return port
    } catch (error) {
      requestRouter.close()
      throw error
    }
  }

  /** Address of the port; for a UNIX socket `unix:/path` and port 0. */
  get address(): { host: string; port: number } {
    return this.#listener.address()
  }

  get refusals(): RefusalCounts {
    return this.#listener.refusals
  }

  /** Expiry of its certificate, in milliseconds since 1970; undefined without TLS. */
  get certificateExpiresAtMs(): number | undefined {
    return this.#certificate === undefined ? undefined : expiryOf(this.#certificate)
  }

  /** Stops listening; clients whose handshake is in progress may still link. */
  stopAccepting(): void {
    this.#listener.stopAccepting()
  }

  /** Stops listening and cuts all connections that are not links; links stay. */
  async close(): Promise<void> {
    this.#certificateWatch?.close()
    this.#requestRouter.close()
    await this.#listener.close()
  }

  /** Closes the links too; resolves when the last one is closed. */
  async closeAll(): Promise<void> {
    await this.close()
    await this.#listener.closeAll()
  }

  #useCertificate({ tls: files, logger }: ResolvedServerOptions, current: ServerTlsOptions | undefined): void {
    if (current === undefined) return
    this.#certificate = current.cert
    logger.info(describeCertificate(current.cert), 'TLS is on')
    if (files === undefined || !('certFile' in files)) return
    const onChange = (tls: ServerTlsOptions): void => {
      this.#listener.setTls(tls)
      this.#certificate = tls.cert
    }
    this.#certificateWatch = new CertificateWatch({ files, logger, onChange }, current)
  }
}

/**
 * Limits for a client before its token is known. Auth is then the longest message: 281 bytes with a token of 255. Early
 * data may contain a Resume after it.
 */
const unproven = { messageBytes: 1024, totalBytes: 4096 } as const

/** Options of the listener. */
function listenOptions(server: ResolvedServerOptions) {
  const { host, port, maxLinks, pending, logger, heartbeat } = server
  return {
    host,
    port,
    maxLinks,
    pending,
    unproven,
    logger,
    heartbeat,
    ...believedProxies(server),
  }
}

/** Handles a new WebSocket: a client, or a page that speaks Wisp and becomes one. */
function arrive(
  transport: ArrivingTransport,
  request: UpgradeRequest,
  { server, onTransport }: WebSocketPortOptions,
): void {
  const token = server.wisp === true ? wispToken(request.path) : undefined
  if (token === undefined) return onTransport(transport, request)
  serveWisp({ transport, request, token, server }, onTransport)
}

async function openRequestRouter({ server, ...shared }: WebSocketPortOptions): Promise<RequestRouter> {
  const fallback = server.fallback === undefined ? undefined : await openFallback(parseFallback(server.fallback))
  return new RequestRouter({ ...shared, server, fallback })
}

/** Certificate of links, read from its files if it has any. @throws TransportError for an unusable one */
export function readTls({ tls }: ResolvedServerOptions): ServerTlsOptions | undefined {
  return tls !== undefined && 'certFile' in tls ? readCertificateFiles(tls) : tls
}

/** Expiry of a certificate; undefined for one that cannot be read. */
function expiryOf(cert: string | Buffer): number | undefined {
  const { validTo } = describeCertificate(cert)
  return validTo === undefined ? undefined : Date.parse(validTo)
}
