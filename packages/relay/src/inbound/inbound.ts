import { createServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { closeStream, type HttpProxy } from '@ls/http-proxy'
import type { DnsOptions } from '@ls/dial'
import { type Logger, RareLog, silentLogger, systemClock } from '@ls/foundation'
import { PendingConnections } from '@ls/mux'
import type { Authenticator } from '@ls/socks5'
import { type Account, accounts } from '@ls/socks5/node'
import { isLoopback } from '../address/is-loopback.js'
import { plainAddress } from '../address/ip-address.js'
import type { ChannelSlots } from '../channel-slots.js'
import { watchSocket } from '../open-sockets.js'
import type { Pace } from '../copy/paced-channel.js'
import { checkPayloadOptions, type PayloadOptions } from '../copy/payload-options.js'
import { RefusalLog } from './refusal-log.js'
import { EntryRules } from '../rules/entry-rules.js'
import type { TargetRules } from '../rules/target-rules.js'
import { firstBytes } from './first-bytes.js'
import { makeHttpProxy } from './http.js'
import {
  formatListenAddress,
  type ListenAddress,
  parseListenAddress,
  type TcpAddress,
  type UnixAddress,
  type WebSocketAddress,
} from '../listen/listen-address.js'
import { type ListenWebSocket, openWebSocket } from '../listen/listen-web-socket.js'
import { openServer } from '../listen/open-server.js'
import type { PortChange } from '../listen/port-change.js'
import type { ChannelSource } from '../offer/channel-source.js'
import { PendingClients, type ProvableStream, unprovenStream } from '../listen/pending-clients.js'
import { serveSocks, type ServeSocksOptions } from './socks.js'
import type { InboundUdpOptions } from './udp.js'

export interface InboundOptions extends PayloadOptions, Omit<ChannelSource, 'entryRules'> {
  /** @default '127.0.0.1' */
  readonly host?: string
  /** 0 for any free port. @default none, if `listenOn` is set */
  readonly port?: number
  /**
   * Where to listen instead of `host` and `port`: `host:port`, `[::1]:1080`, `unix:/run/proxy.sock`, or
   * `ws://host:port/path` for byte streams over WebSocket; at most 64 of them.
   * @default none
   */
  readonly listenOn?: readonly string[]
  /** Opens the `ws://` and `wss://` places, which need it. @default none */
  readonly listenWebSocket?: ListenWebSocket
  /** Who may use the port; empty for everybody. @default [] */
  readonly accounts?: readonly Account[]
  /** Targets that clients may ask for, `ADDR:PORT`. @default all */
  readonly accessRules?: readonly string[]
  /** Rates of the TCP traffic of all clients together. @default no limit */
  readonly pace?: Pace
  /** Further rules for those targets. @default none */
  readonly targetRules?: TargetRules
  /** Identity of the tenant whose ports these are: its lookups do not delay those of another. @default none */
  readonly tenant?: unknown
  /** How target names are looked up if `accessRules` contain only addresses. @default as the system does */
  readonly dns?: DnsOptions
  /** Protocols that clients may speak; `auto` detects the protocol by the first byte. @default 'auto' */
  readonly inbound?: 'auto' | 'socks' | 'http'
  /** Take HTTP requests that do not name their target in full, by their Host. @default false */
  readonly httpTransparent?: boolean
  /** Largest head of an HTTP request, in bytes; above it the answer is 431. @default 65536 */
  readonly httpMaxHeadBytes?: number
  /** Answer success before the peer has. @default false */
  readonly fastOpen?: boolean
  /** Time for the proxy handshake of a client. @default 10000 */
  readonly handshakeDeadlineMs?: number
  /** Connections open at once. @default 65536 */
  readonly maxConnections?: number
  /** Counts clients after their handshake; `pick` decides what happens at the limit. @default none */
  readonly slots?: Pick<ChannelSlots, 'occupy'>
  /** Counts clients until their handshake is over; several ports can share it. @default one of its own */
  readonly pending?: PendingConnections
  /** Limits of UDP associations. @default those of {@link InboundUdpOptions} */
  readonly udp?: InboundUdpOptions
  /** Address told to UDP clients. @default the address the client reached */
  readonly udpAdvertise?: string
  /** @default silent */
  readonly logger?: Logger
}

/** What {@link Inbound.change} changes. */
export type InboundPlaces = Pick<InboundOptions, 'host' | 'port' | 'listenOn' | 'accounts'>

/** What {@link Inbound.setRules} sets. */
export interface InboundRules {
  /** @default none */
  readonly targetRules?: TargetRules | undefined
  /** @default no limit */
  readonly pace?: Pace | undefined
}

/** The half that accepts proxy clients: listening ports whose connections become channels. */
export class Inbound {
  readonly #options: InboundOptions
  #rules: InboundRules
  #users: readonly Account[]
  readonly #logger: Logger
  #places: readonly ListenAddress[]
  readonly #maxConnections: number
  readonly #pending: PendingConnections
  readonly #pendingClients: PendingClients
  readonly #refusals: RefusalLog
  #access: Access
  readonly #sockets = new Set<Duplex>()
  /** Ports by the place that was asked for. */
  readonly #open = new Map<string, OpenPlace>()
  #isListening = false
  /** Called when the last client is gone: one for each `close` that waits. */
  readonly #onEmpty = new Set<() => void>()

  /** @throws RangeError for a place to listen, an account or an access rule that is not valid, TypeError for no place */
  constructor(options: InboundOptions) {
    checkPayloadOptions(options)
    this.#options = options
    this.#places = placesOf(options)
    this.#maxConnections = options.maxConnections ?? 65_536
    this.#logger = options.logger ?? silentLogger
    this.#pending = options.pending ?? new PendingConnections()
    this.#pendingClients = new PendingClients(this.#pending, this.#logger)
    this.#refusals = new RefusalLog(systemClock, this.#logger)
    this.#rules = { targetRules: options.targetRules, pace: options.pace }
    this.#users = options.accounts ?? []
    this.#access = this.#makeAccess(this.#users)
  }

  /** Proxy clients connected now. */
  get connectionCount(): number {
    return this.#sockets.size
  }

  /** Where it listens now. */
  get addresses(): readonly ListenAddress[] {
    return [...this.#open.values()].flatMap(({ address }) => address ?? [])
  }

  /** The first TCP port it listens on. */
  get address(): TcpAddress | undefined {
    return this.addresses.find((address): address is TcpAddress => 'port' in address)
  }

  /** The TCP ports it listens on, those for byte streams too. */
  get ports(): readonly number[] {
    return this.addresses.flatMap((address) => {
      if ('path' in address) return []
      return 'webSocket' in address ? address.webSocket.port : address.port
    })
  }

  /** Opens all ports, or none. @throws ListenError if one is taken or not permitted */
  async listen(): Promise<readonly ListenAddress[]> {
    this.#isListening = true
    try {
      for (const [key, place] of byKey(this.#places)) await this.#openPlace(key, place)
    } catch (error) {
      await this.close()
      throw error
    }
    return this.addresses
  }

  /**
   * Prepares other places to listen, and other accounts: opens the new ports beside the old ones, which close with
   * {@link PortChange.commit}. Connections stay. Before {@link listen}, nothing opens.
   *
   * @throws ListenError for a port that cannot be opened, RangeError or TypeError for an invalid place or account; then
   * nothing has changed
   */
  async change(wanted: InboundPlaces): Promise<PortChange> {
    const places = wanted.port === undefined && (wanted.listenOn ?? []).length === 0 ? [] : placesOf(wanted)
    this.#makeAccess(wanted.accounts ?? [])
    const wantedPlaces = byKey(places)
    const added = new Map([...wantedPlaces].filter(([key]) => this.#isListening && !this.#open.has(key)))
    const undo = (): void => this.#stop((key) => added.has(key))
    try {
      for (const [key, place] of added) await this.#openPlace(key, place)
    } catch (error) {
      undo()
      throw error
    }
    return {
      opened: [...added.keys()].flatMap((key) => this.#open.get(key)?.address ?? []),
      commit: () => {
        this.#users = wanted.accounts ?? []
        // The rules may have changed since.
        this.#access = this.#makeAccess(this.#users)
        this.#places = places
        this.#stop((key) => !wantedPlaces.has(key))
      },
      undo,
    }
  }

  /** Has other rules and rates for connections that begin from now on. */
  setRules(rules: InboundRules): void {
    this.#rules = rules
    this.#access = this.#makeAccess(this.#users)
  }

  /** Stops accepting, gives connections `graceMs` to finish, then cuts them. */
  async close({ graceMs = 0 }: { graceMs?: number } = {}): Promise<void> {
    this.#isListening = false
    const closing = [...this.#open.values()].map(({ close }) => close())
    this.#open.clear()
    if (closing.length === 0 && this.#sockets.size === 0) return
    const cut = setTimeout(() => this.#cut(), graceMs)
    await Promise.all(closing)
    if (this.#sockets.size > 0) await new Promise<void>((resolve) => this.#onEmpty.add(resolve))
    clearTimeout(cut)
  }

  /** Stops listening at some places; their connections stay. */
  #stop(isUnwanted: (key: string) => boolean): void {
    for (const [key, { close }] of this.#open) {
      if (!isUnwanted(key)) continue
      this.#open.delete(key)
      void close()
    }
  }

  #makeAccess(users: readonly Account[]): Access {
    const { accessRules = [], dns, tenant, pace: _pace, ...options } = this.#options
    const { targetRules: user, pace } = this.#rules
    const { handshakeDeadlineMs = defaultHandshakeDeadlineMs } = this.#options
    const hasRules = accessRules.length > 0 || user !== undefined
    const auth = users.length === 0 ? undefined : accounts(users)
    const serving: ServeSocksOptions = {
      ...options,
      ...(pace === undefined ? {} : { pace }),
      ...(hasRules ? { entryRules: new EntryRules(accessRules, { dns, user, tenant }) } : {}),
      auth,
      handshakeDeadlineMs,
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

  async #openPlace(key: string, place: ListenAddress): Promise<void> {
    const { opened, close } = 'webSocket' in place ? this.#openWebSocket(place) : this.#openServer(place)
    const entry: OpenPlace = { close, address: undefined }
    this.#open.set(key, entry)
    const address = await opened
    // It was closed while it opened.
    if (this.#open.get(key) !== entry) return void close()
    entry.address = address
    if (this.#access.auth !== undefined || 'path' in address) return
    const { host } = 'webSocket' in address ? address.webSocket : address
    if (isLoopback(host)) return
    this.#logger.warn(address, 'the SOCKS port is public and asks for no password: anyone can use it')
  }

  #openServer(place: TcpAddress | UnixAddress): Opening {
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, (socket) => {
      void this.#serve(socket)
    })
    server.maxConnections = this.#maxConnections
    const opened = openServer(server, place).then((address) => {
      server.on('error', (error) => this.#logger.error({ err: error }, `proxy port: ${error.message}`))
      return address
    })
    return { opened, close: () => new Promise((resolve) => server.close(resolve)) }
  }

  #openWebSocket(place: WebSocketAddress): Opening {
    const opening = openWebSocket(place, this.#options.listenWebSocket, {
      maxLinks: this.#maxConnections,
      pending: this.#pending,
      unproven: unprovenStream,
      logger: this.#logger,
      onStream: (stream) => void this.#serve(stream),
    })
    const close = (): Promise<unknown> =>
      opening.then(
        ({ listener }) => listener.close(),
        () => {},
      )
    return { opened: opening.then(({ address }) => address), close }
  }

  async #serve(socket: ProvableStream): Promise<void> {
    this.#sockets.add(socket)
    watchSocket(socket)
    this.#pendingClients.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => this.#forget(socket))
    const { serving, http } = this.#access
    try {
      const head = await firstBytes(socket, serving.handshakeDeadlineMs)
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

  /** The first byte of SOCKS is its version; no HTTP method begins with it. */
  #speaksSocks(head: Uint8Array): boolean {
    const { inbound = 'auto' } = this.#options
    if (inbound !== 'auto') return inbound === 'socks'
    return head[0] === 0x05 || head[0] === 0x04
  }
}

/** Who may use the ports, and what serves them. */
interface Access {
  readonly auth: Authenticator | undefined
  readonly serving: ServeSocksOptions
  readonly http: HttpProxy
}

/** A port that opens or is open. */
interface OpenPlace {
  /** Stops it listening. */
  readonly close: () => Promise<unknown>
  /** Where it listens; undefined until it does. */
  address: ListenAddress | undefined
}

/** A port being opened; `close` works at any time. */
interface Opening {
  readonly opened: Promise<ListenAddress>
  readonly close: () => Promise<unknown>
}

/** protocol.md gives no value. Clients answer within a round trip, and each waiting one holds a socket. */
const defaultHandshakeDeadlineMs = 10_000

/** More than anyone has networks; a longer list is a mistake. */
const maxPlaces = 64

/** Equal places are several ports where the port is 0, and each needs a key of its own. */
function byKey(places: readonly ListenAddress[]): ReadonlyMap<string, ListenAddress> {
  const keyed = new Map<string, ListenAddress>()
  for (const place of places) {
    const text = formatListenAddress(place)
    let key = text
    for (let count = 2; keyed.has(key); count++) key = `${text} ${count}`
    keyed.set(key, place)
  }
  return keyed
}

function placesOf({ host = '127.0.0.1', port, listenOn = [] }: InboundPlaces): readonly ListenAddress[] {
  if (listenOn.length > maxPlaces)
    throw new RangeError(`${listenOn.length} places to listen; the limit is ${maxPlaces}`)
  if (listenOn.length > 0) return listenOn.map(parseListenAddress)
  if (port === undefined) throw new TypeError('an inbound needs `port` or `listenOn`')
  return [{ host, port }]
}
