import { createServer } from 'node:net'
import type { Logger } from '@ls/foundation'
import type { PendingConnections } from '@ls/mux'
import {
  formatListenAddress,
  type ListenAddress,
  parseListenAddress,
  type TcpAddress,
  type UnixAddress,
  type WebSocketAddress,
} from './listen-address.js'
import { type ListenWebSocket, openWebSocket } from './listen-web-socket.js'
import { openServer } from './open-server.js'
import { type ProvableStream, unprovenStream } from './pending-clients.js'

/** Addresses on which a proxy listens. */
export interface Places {
  /** Host to listen on. @default '127.0.0.1' */
  readonly host?: string | undefined
  /** Port; 0 for any free one. @default none, if `listenOn` is set */
  readonly port?: number | undefined
  /**
   * Addresses in place of `host` and `port`: `host:port`, `[::1]:1080`, `unix:/run/proxy.sock`, or
   * `ws://host:port/path` for byte streams over WebSocket; at most 64 of them.
   * @default none
   */
  readonly listenOn?: readonly string[] | undefined
}

/** A change of ports whose new ports are open already. Call exactly one of its functions, once. */
export interface PortChange {
  /** Addresses that were opened for it. */
  readonly opened: readonly ListenAddress[]
  /** Closes the ports that are no longer wanted; their connections stay. */
  commit(): void
  /** Closes the ports that were opened. */
  undo(): void
}

export interface ProxyPortsOptions {
  readonly listenWebSocket: ListenWebSocket | undefined
  readonly maxConnections: number
  /** Counts streams over WebSocket until their clients have authenticated. */
  readonly pending: PendingConnections
  readonly logger: Logger
  /** Called when a client has connected; nothing was read from it. */
  onStream(stream: ProvableStream): void
  /** Called when a port is open. */
  onOpen(address: ListenAddress): void
}

/** Listening ports of a proxy: opens, replaces and closes them. `onStream` takes their connections. */
export class ProxyPorts {
  readonly #options: ProxyPortsOptions
  #places: readonly ListenAddress[]
  /** Ports by the address that was requested. */
  readonly #open = new Map<string, OpenPlace>()
  #isListening = false

  /** @throws RangeError for an invalid address, TypeError for none */
  constructor(places: Places, options: ProxyPortsOptions) {
    this.#places = addressesOf(places)
    this.#options = options
  }

  /** Addresses on which it listens now. */
  get addresses(): readonly ListenAddress[] {
    return [...this.#open.values()].flatMap(({ address }) => address ?? [])
  }

  /** Opens all ports; some may be open when it fails. @throws ListenError if one is taken or not permitted */
  async listen(): Promise<void> {
    this.#isListening = true
    for (const [key, place] of byKey(this.#places)) await this.#openPlace(key, place)
  }

  /**
   * Opens the new ports beside the old ones, which {@link PortChange.commit} closes; before {@link listen}, nothing
   * opens. Neither `port` nor `listenOn` means no ports.
   *
   * @throws ListenError for a port that cannot be opened, RangeError for an invalid address; then nothing has changed
   */
  async change(wanted: Places): Promise<PortChange> {
    const places = wanted.port === undefined && (wanted.listenOn ?? []).length === 0 ? [] : addressesOf(wanted)
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
        this.#places = places
        this.#stop((key) => !wantedPlaces.has(key))
      },
      undo,
    }
  }

  /** Stops accepting at all ports, also at those that are being opened. Resolves when their servers have closed. */
  async close(): Promise<void> {
    this.#isListening = false
    const closing = [...this.#open.values()].map(({ close }) => close())
    this.#open.clear()
    await Promise.all(closing)
  }

  /** Stops listening at some addresses; their connections stay. */
  #stop(isUnwanted: (key: string) => boolean): void {
    for (const [key, { close }] of this.#open) {
      if (!isUnwanted(key)) continue
      this.#open.delete(key)
      void close()
    }
  }

  async #openPlace(key: string, place: ListenAddress): Promise<void> {
    const { opened, close } = 'webSocket' in place ? this.#openWebSocket(place) : this.#openServer(place)
    const entry: OpenPlace = { close, address: undefined }
    this.#open.set(key, entry)
    const address = await opened
    // It was closed while it was being opened.
    if (this.#open.get(key) !== entry) return void close()
    entry.address = address
    this.#options.onOpen(address)
  }

  #openServer(place: TcpAddress | UnixAddress): Opening {
    const { maxConnections, logger, onStream } = this.#options
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, onStream)
    server.maxConnections = maxConnections
    const opened = openServer(server, place).then((address) => {
      server.on('error', (error) => logger.error({ err: error }, `proxy port: ${error.message}`))
      return address
    })
    return { opened, close: () => new Promise((resolve) => server.close(resolve)) }
  }

  #openWebSocket(place: WebSocketAddress): Opening {
    const { listenWebSocket, maxConnections, pending, logger, onStream } = this.#options
    const opening = openWebSocket(place, listenWebSocket, {
      maxLinks: maxConnections,
      pending,
      unproven: unprovenStream,
      logger,
      onStream,
    })
    const close = (): Promise<unknown> =>
      opening.then(
        ({ listener }) => listener.close(),
        () => {},
      )
    return { opened: opening.then(({ address }) => address), close }
  }
}

/** A port that is being opened or is open. */
interface OpenPlace {
  /** Stops listening. */
  readonly close: () => Promise<unknown>
  /** Address of the listener; undefined until it listens. */
  address: ListenAddress | undefined
}

/** A port being opened; `close` works at any time. */
interface Opening {
  readonly opened: Promise<ListenAddress>
  readonly close: () => Promise<unknown>
}

/** Most addresses: a longer list than any machine needs is a mistake. */
const maxPlaces = 64

/** Maps addresses by a key. Equal addresses with port 0 are several ports, and each needs its own key. */
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

function addressesOf({ host = '127.0.0.1', port, listenOn = [] }: Places): readonly ListenAddress[] {
  if (listenOn.length > maxPlaces)
    throw new RangeError(`${listenOn.length} places to listen; the limit is ${maxPlaces}`)
  if (listenOn.length > 0) return listenOn.map(parseListenAddress)
  if (port === undefined) throw new TypeError('an inbound needs `port` or `listenOn`')
  return [{ host, port }]
}
