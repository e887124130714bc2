import type { IncomingMessage } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import type { Server, Socket } from 'node:net'
import { closeStream, discardStream } from '@ls/dial'
import { type RareLog, RenewedSet, textOf } from '@ls/foundation'
import type { PendingConnection } from '@ls/mux'
import { type ExposedHost, openServer } from '@ls/relay'
import { CertificateWatch, type ServerTlsOptions } from '@ls/transport'
import { ServerError } from '../../errors.js'
import type { ResolvedServerOptions } from '../../options/resolve-options.js'
import { readTls } from '../../port/web-socket-port.js'
import type { ReverseToken } from '../../tokens/token-registry.js'
import { type HostPage, makeHostPage } from './host-page.js'
import { HostPatterns } from './host-patterns.js'
import { type HostMember, HostTable } from './host-table.js'
import { serveHosts, serveSecureHosts } from './http-hosts.js'
import { serveTlsHosts } from './tls-hosts.js'

/** Host names that lead to providers, on one shared port for HTTP and one for TLS. */
export class HostExposures {
  readonly #server: ResolvedServerOptions
  readonly #rareLog: RareLog
  readonly #table = new HostTable<HostPage>()
  readonly #open = new Set<Server>()
  readonly #sockets = new RenewedSet<Socket>()
  /** Connections whose first bytes have not yet shown a host name. */
  readonly #pending = new WeakMap<Socket, PendingConnection>()
  #watch: CertificateWatch | undefined
  #ports: number[] = []

  constructor(server: ResolvedServerOptions, rareLog: RareLog) {
    this.#server = server
    this.#rareLog = rareLog
  }

  /** The shared ports that are open. */
  get ports(): readonly number[] {
    return this.#ports
  }

  /** Opens the shared ports. @throws ListenError for one that is taken or not permitted */
  async listen(): Promise<void> {
    const { exposeHttpPort, exposeHttpsPort, logger, clock } = this.#server
    const table = this.#table
    if (exposeHttpPort !== undefined) await this.#listenAt(serveHosts(table, clock), exposeHttpPort, 'http')
    if (exposeHttpsPort === undefined) return
    const secure = this.#makeSecure()
    const onOther = secure && ((socket: Socket): void => void secure.emit('connection', socket))
    const forward = { logger, rareLog: this.#rareLog }
    const server = serveTlsHosts({ table, forward, onName: (socket) => this.#pending.get(socket)?.release(), onOther })
    await this.#listenAt(server, exposeHttpsPort, 'https')
  }

  /** Checks that providers of a token may have a name. @throws ServerError with the reason for the provider */
  checkAllowed({ host }: ExposedHost, record: ReverseToken): void {
    const { allowHosts, policy } = this.#server
    const allowed = (record.policy ?? policy)?.hosts ?? new HostPatterns(allowHosts ?? [])
    // The operator owns the host names: providers without a token, of a relay, get none.
    if (record.identity !== undefined || !allowed.allows(host))
      throw refusal(`the host name ${host} is not allowed for this token (--allow-hosts)`)
  }

  /**
   * Routes a host name to a provider and returns a function that ends this. With a grace time, upgraded connections
   * stay: {@link close} cuts them at its deadline.
   *
   * @throws ServerError with the reason for the provider
   */
  open(place: ExposedHost, member: HostMember): (graceMs: number) => void {
    this.#checkPort(place)
    const what = `requests to ${place.host} fail`
    const page = makeHostPage(member, place.host, (error) => this.#rareLog.warn(what, textOf(error)))
    this.#table.add(place, page)
    return (graceMs) => {
      this.#table.remove(place, page)
      if (graceMs === 0) page.proxy.close()
    }
  }

  /** Stops accepting, gives connections `graceMs` to finish, then cuts them. */
  async close(graceMs: number): Promise<void> {
    this.#watch?.close()
    this.#ports = []
    const closing = [...this.#open].map((server) => new Promise((resolve) => server.close(resolve)))
    const cut = setTimeout(() => {
      for (const socket of this.#sockets) closeStream(socket)
    }, graceMs)
    await Promise.all(closing)
    clearTimeout(cut)
  }

  #checkPort({ protocol }: ExposedHost): void {
    const { exposeHttpPort, exposeHttpsPort } = this.#server
    if (exposeHttpsPort !== undefined || (protocol === 'http' && exposeHttpPort !== undefined)) return
    const flags = protocol === 'http' ? '--expose-http-port or --expose-https-port' : '--expose-https-port'
    throw refusal(`this server has no port for ${protocol}: host names (${flags})`)
  }

  #makeSecure(): HttpsServer | undefined {
    const { tls: files, logger, clock } = this.#server
    const current = readTls(this.#server)
    if (current === undefined) return undefined
    const secure = serveSecureHosts(this.#table, pairOf(current), clock)
    if (files !== undefined && 'certFile' in files) {
      this.#watch = new CertificateWatch(
        { files, logger, onChange: (tls) => secure.setSecureContext(pairOf(tls)) },
        current,
      )
    }
    return secure
  }

  async #listenAt(server: Server, port: number, scheme: string): Promise<void> {
    const { exposeHost, logger, pending } = this.#server
    const address = await openServer(server, { host: exposeHost, port }, 'the port for host names')
    server.prependListener('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      const entry = pending.add(socket.remoteAddress, () => discardStream(socket))
      this.#pending.set(socket, entry)
      socket.once('close', () => {
        this.#sockets.delete(socket)
        entry.release()
      })
    })
    const onAsked = ({ socket }: IncomingMessage): void => this.#pending.get(socket)?.release()
    server.prependListener('request', onAsked).prependListener('upgrade', onAsked)
    server.on('error', (error) => logger.error({ err: error }, `port for host names: ${error.message}`))
    this.#open.add(server)
    this.#ports.push((address as { port: number }).port)
    logger.info({ ...address, scheme }, 'port for host names open')
  }
}

/** Certificate for visitors, who never send one themselves, even if links need client certificates. */
function pairOf({ cert, key, passphrase }: ServerTlsOptions) {
  return { cert, key, minVersion: 'TLSv1.2', passphrase } as const
}

function refusal(text: string): ServerError {
  return new ServerError('ERR_SERVER_EXPOSE_REFUSED', text)
}
