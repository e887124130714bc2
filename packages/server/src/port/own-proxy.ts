import type { Session } from '@ls/mux'
import {
  type Account,
  type ChannelWatch,
  Inbound,
  type ListenAddress,
  localSession,
  type Outbound,
  type PortChange,
} from '@ls/relay'
import { byteStreamPorts } from '@ls/transport'
import { believedProxies, type ResolvedServerOptions } from '../options/resolve-options.js'

/** The server's own proxy ports, for programs without a LinkSocks client; their traffic leaves here. */
export class OwnProxy {
  readonly #inbound: Inbound
  /** Session whose other end is the outbound. */
  readonly session: Session

  /** Creates it; undefined without such ports. @throws RangeError or TypeError for an invalid address or account */
  static of(outbound: Outbound, server: ResolvedServerOptions, watch: ChannelWatch): OwnProxy | undefined {
    const { socksListen } = server
    return socksListen.length === 0 ? undefined : new OwnProxy(socksListen, outbound, server, watch)
  }

  /** @throws RangeError or TypeError for an invalid address or account */
  constructor(places: readonly string[], outbound: Outbound, server: ResolvedServerOptions, watch: ChannelWatch) {
    const { clock, logger, tls, socksAccounts } = server
    this.session = localSession(outbound, { clock, logger, ...watch })
    this.#inbound = new Inbound({
      ...server,
      udp: server.socksUdp,
      listenOn: places,
      listenWebSocket: byteStreamPorts({ tls, allowOrigins: server.allowOrigins, ...believedProxies(server) }),
      accounts: socksAccounts,
      // The outbound, which dials, applies its rules.
      accessRules: [],
      // Neither has a benefit between two halves of one process.
      batching: 'off',
      compressionThresholdBytes: 0,
      pick: () => this.session,
    })
  }

  /** TCP ports on which it listens. */
  get ports(): readonly number[] {
    return this.#inbound.ports
  }

  /** Prepares other addresses and accounts, see `Inbound.change` of `@ls/relay`. */
  change(listenOn: readonly string[], accounts: readonly Account[]): Promise<PortChange> {
    return this.#inbound.change({ listenOn, accounts })
  }

  /** Opens the ports. @throws ListenError for a port that cannot be opened */
  listen(): Promise<readonly ListenAddress[]> {
    return this.#inbound.listen()
  }

  /** Stops accepting, gives connections `graceMs` to finish, then cuts them. */
  async close(graceMs: number): Promise<void> {
    await this.#inbound.close({ graceMs })
    this.session.close('the server is shutting down')
  }
}
