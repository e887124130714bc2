import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { closeStream, type DnsOptions } from '@ls/dial'
import { isLoopback, type Logger, RareLog, RenewedSet, loggerOfPart, systemClock } from '@ls/foundation'
import type { HttpProxy } from '@ls/http-proxy/node'
import { PendingConnections } from '@ls/mux'
import type { Authenticator } from '@ls/socks5'
import { type Account, accounts } from '@ls/socks5/node'
import { plainAddress } from '../address/ip-address.js'
import type { ChannelSlots } from '../channel-slots.js'
import type { Pace } from '../copy/paced-channel.js'
import { checkPayloadOptions, type PayloadOptions } from '../copy/payload-options.js'
import type { ListenAddress, TcpAddress } from '../listen/listen-address.js'
import type { ListenWebSocket } from '../listen/listen-web-socket.js'
import { PendingClients, type ProvableStream } from '../listen/pending-clients.js'
import { type Places, type PortChange, ProxyPorts } from '../listen/proxy-ports.js'
import type { ChannelSource } from '../offer/channel-source.js'
import { watchSocket } from '../open-sockets.js'
import { EntryRules } from '../rules/entry-rules.js'
import type { TargetRules } from '../rules/target-rules.js'
import { firstBytes } from './first-bytes.js'
import { makeHttpProxy } from './http.js'
import { RefusalLog } from './refusal-log.js'
import { serveSocks, type ServeSocksOptions } from './socks.js'
import type { InboundUdpOptions } from './udp.js'

export interface InboundOptions extends PayloadOptions, Places, Omit<ChannelSource, 'entryRules'> {
  /** Opens the `ws://` and `wss://` addresses, which require it. @default none */
  readonly listenWebSocket?: ListenWebSocket | undefined
  /** Accounts that may use the port; empty for no authentication. @default [] */
  readonly accounts?: readonly Account[] | undefined
  /** Targets that clients may request, `ADDR:PORT`. @default all */
  readonly accessRules?: readonly string[] | undefined
  /** Rates of the TCP traffic of all clients together. @default no limit */
  readonly pace?: Pace | undefined
  /** Further rules for those targets. @default none */
  readonly targetRules?: TargetRules | undefined
  /** Tenant that owns these ports, by identity: its lookups do not delay those of another. @default none */
  readonly tenant?: unknown
  /** How target names are resolved if `accessRules` contain only addresses. @default as the system does */
  readonly dns?: DnsOptions | undefined
  /** Protocols that clients may speak; `auto` detects the protocol by the first byte. @default 'auto' */
  readonly inbound?: 'auto' | 'socks' | 'http' | undefined
  /** Whether to accept HTTP requests without a full target, and use their Host. @default false */
  readonly httpTransparent?: boolean | undefined
  /** Largest head of an HTTP request, in bytes; a larger one is answered with 431. @default 65536 */
  readonly httpMaxHeadBytes?: number | undefined
  /** Whether to report success before the peer has. @default false */
  readonly fastOpen?: boolean | undefined
  /** Time for the proxy handshake of a client, in milliseconds. @default 10000 */
  readonly handshakeTimeoutMs?: number | undefined
  /** Most open connections. @default 65536 */
  readonly maxConnections?: number | undefined
  /** Counts clients after their handshake; `pick` decides what happens at the limit. @default none */
  readonly slots?: Pick<ChannelSlots, 'occupy'> | undefined
  /** Counts clients until their handshake is over; several ports can share it. @default one of its own */
  readonly pending?: PendingConnections | undefined
  /** Limits of UDP associations. @default those of {@link InboundUdpOptions} */
  readonly udp?: InboundUdpOptions | undefined
  /** Address announced to UDP clients. @default the address the client reached */
  readonly udpAdvertise?: string | undefined
  /** Receives the log. @default silent */
  readonly logger?: Logger | undefined
}

/** Settings that {@link Inbound.change} changes. */
export type InboundPlaces = Places & Pick<InboundOptions, 'accounts'>

/** Settings that {@link Inbound.setRules} changes. */
export interface InboundRules {
  /** Further rules for targets. @default none */
  readonly targetRules?: TargetRules | undefined
  /** Rates of the TCP traffic. @default no limit */
  readonly pace?: Pace | undefined
}

/** The half that accepts proxy clients: listening ports whose connections become channels. */
export class Inbound {
  readonly #options: InboundOptions
  #rules: InboundRules
  #users: readonly Account[]
  readonly #logger: Logger
  readonly #ports: ProxyPorts
  readonly #maxConnections: number
  readonly #pendingClients: PendingClients
  readonly #refusals: RefusalLog
  #access: Access
  readonly #sockets = new RenewedSet<Duplex>()
  /** Called when the last client is gone: one function for each `close` that waits. */
  readonly #onEmpty = new Set<() => void>()

  /** @throws RangeError for an invalid address, account or access rule, TypeError without an address to listen on */
  constructor(options: InboundOptions) {
    checkPayloadOptions(options)
    this.#options = options
    this.#maxConnections = options.maxConnections ?? 65_536
    this.#logger = loggerOfPart(options.logger, 'relay')
    const pending = options.pending ?? new PendingConnections()
    this.#ports = new ProxyPorts(options, {
      listenWebSocket: options.listenWebSocket,
      maxConnections: this.#maxConnections,
      pending,
      logger: this.#logger,
      onStream: (stream) => void this.#serve(stream),
      onOpen: (address) => this.#warnOfPublic(address),
    })
    this.#pendingClients = new PendingClients(pending, this.#logger)
    this.#refusals = new RefusalLog(systemClock, this.#logger)
    this.#rules = { targetRules: options.targetRules, pace: options.pace }
    this.#users = options.accounts ?? []
    this.#access = this.#makeAccess(this.#users)
  }

  /** Number of connected proxy clients. */
  get connectionCount(): number {
    return this.#sockets.size
  }

  /** Addresses on which it listens now. */
  get addresses(): readonly ListenAddress[] {
    return this.#ports.addresses
  }

  /** First TCP port on which it listens. */
  get address(): TcpAddress | undefined {
    return this.addresses.find((address): address is TcpAddress => 'port' in address)
  }

  /** TCP ports on which it listens, those for byte streams included. */
  get ports(): readonly number[] {
    return this.addresses.flatMap((address) => {
      if ('path' in address) return []
      return 'webSocket' in address ? address.webSocket.port : address.port
    })
  }

  /** Opens all ports, or none. @throws ListenError if one is taken or not permitted */
  async listen(): Promise<readonly ListenAddress[]> {
    try {
      await this.#ports.listen()
    } catch (error) {
      await this.close()
      throw error
    }
    return this.addresses
  }

  /**
   * Prepares other addresses and accounts: opens the new ports beside the old ones, which {@link PortChange.commit}
   * closes. Connections stay. Before {@link listen}, nothing opens.
   *
   * @throws ListenError for a port that cannot be opened, RangeError or TypeError for an invalid address or account;
   * then nothing has changed
   */
  async change(wanted: InboundPlaces): Promise<PortChange> {
    this.#makeAccess(wanted.accounts ?? [])
    const change = await this.#ports.change(wanted)
    return {
      ...change,
      commit: () => {
        this.#users = wanted.accounts ?? []
        // The rules may have changed since then.
        this.#access = this.#makeAccess(this.#users)
        change.commit()
      },
    }
  }

  /** Sets other rules and rates, for connections that begin from now on. */
  setRules(rules: InboundRules): void {
    this.#rules = rules
    this.#access = this.#makeAccess(this.#users)
  }

  /** Stops accepting, gives connections `graceMs` to finish, then cuts them. */
  async close({ graceMs = 0 }: { graceMs?: number | undefined } = {}): Promise<void> {
    const cut = setTimeout(() => this.#cut(), graceMs)
    await this.#ports.close()
    if (this.#sockets.size > 0) await new Promise<void>((resolve) => this.#onEmpty.add(resolve))
    clearTimeout(cut)
  }

  #makeAccess(users: readonly Account[]): Access {
    const { accessRules = [], dns, tenant, pace: _pace, ...options } = this.#options
    const { targetRules: user, pace } = this.#rules
    const { handshakeTimeoutMs = defaultHandshakeTimeoutMs } = this.#options
    const hasRules = accessRules.length > 0 || user !== undefined
    const auth = users.length === 0 ? undefined : accounts(users)
    const serving: ServeSocksOptions = {
      ...options,
      pace,
      entryRules: hasRules ? new EntryRules(accessRules, { dns, user, tenant }) : undefined,
      auth,
      handshakeTimeoutMs,
      onProven: (socket) => this.#proven(socket),
      onWrongAccount: (socket) => this.#refused(socket),
      logger: this.#logger,
      rareLog: new RareLog(systemClock, this.#logger),
    }
    return { auth, serving, http: makeHttpProxy({ ...serving, accounts: users, maxConnections: this.#maxConnections }) }
  }

  #cut(): void {
    for (const socket of this.#sockets) {
      closeStream(socket, new Error('the proxy port was closed'))
    }
  }

  #warnOfPublic(address: ListenAddress): void {
    if (this.#access.auth !== undefined || 'path' in address) return
    const { host } = 'webSocket' in address ? address.webSocket : address
    if (isLoopback(host)) return
    this.#logger.warn(address, 'the SOCKS port is public and requires no password: anyone can use it')
  }

  async #serve(socket: ProvableStream): Promise<void> {
    this.#sockets.add(socket)
    watchSocket(socket)
    this.#pendingClients.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => this.#forget(socket))
    const { serving, http } = this.#access
    try {
      const head = await firstBytes(socket, serving.handshakeTimeoutMs)
      if (head === undefined) return
      if (this.#speaksSocks(head)) await serveSocks(socket, head, serving)
      else http.serve(socket, head)
    } catch (error) {
      const { remoteAddress } = socket as Partial<Socket>
      this.#logger.error({ err: error, remoteAddress }, 'a proxy client could not be served')
      closeStream(socket)
    }
  }

  #proven(socket: Duplex): void {
    if (!this.#pendingClients.proven(socket)) return
    const release = this.#options.slots?.occupy()
    if (release !== undefined) socket.once('close', release)
  }

  #refused(socket: Duplex): void {
    const { remoteAddress } = socket as Partial<Socket>
    this.#refusals.add(plainAddress(remoteAddress), 'wrong user name or password at the proxy port')
  }

  #forget(socket: Duplex): void {
    this.#sockets.delete(socket)
    if (this.#sockets.size > 0) return
    for (const resolve of this.#onEmpty) resolve()
    this.#onEmpty.clear()
  }

  /** Whether a client speaks SOCKS: its first byte is the version, with which no HTTP method begins. */
  #speaksSocks(head: Uint8Array): boolean {
    const { inbound = 'auto' } = this.#options
    if (inbound !== 'auto') return inbound === 'socks'
    return head[0] === 0x05 || head[0] === 0x04
  }
}

/** Accounts of the ports, and the code that serves them. */
interface Access {
  readonly auth: Authenticator | undefined
  readonly serving: ServeSocksOptions
  readonly http: HttpProxy
}

/** protocol.md gives no value. Clients answer within a round trip, and each waiting one uses a socket. */
const defaultHandshakeTimeoutMs = 10_000
