import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type Server as TlsServer, type TLSSocket } from 'node:tls'
import { textOf } from '@ls/foundation'
import type { Invitation } from './invitation.js'
import { greeting, tlsTerms, tlsTimeoutMs } from './secure.js'

/** A peer whose connections are awaited. */
export interface ExpectedPeer extends Pick<Invitation, 'id' | 'secret'> {
  /** Receives each connection that has proven the secret. */
  onSocket(socket: TLSSocket): void
}

/** Options of a {@link TcpListener}. */
export interface TcpListenerOptions {
  /** Port; 0 for any. */
  readonly port: number
  /** Time of a connection to prove a secret, in milliseconds. @default {@link tlsTimeoutMs} */
  readonly proofMs?: number | undefined
  /** Called when the port cannot be opened; the peer may still be dialled. */
  onProblem(text: string): void
}

/** Most connections that have not proven a secret yet; a further one ends the oldest. */
const maxStrangers = 32

/** The TCP port of a client: open only while guests are awaited. It sends the greeting and then waits. */
export class TcpListener {
  readonly #options: TcpListenerOptions
  readonly #guests = new Map<string, ExpectedPeer>()
  /** Connections that have not proven a secret, by the place that they come from. */
  readonly #strangers = new Map<string, Socket>()
  /** Guests by their connections during the handshake. */
  readonly #proven = new WeakMap<TLSSocket, ExpectedPeer>()
  readonly #tls: TlsServer
  #server: Server | undefined
  #port: Promise<number | undefined> | undefined

  constructor(options: TcpListenerOptions) {
    this.#options = options
    this.#tls = createTlsServer({
      ...tlsTerms,
      handshakeTimeout: options.proofMs ?? tlsTimeoutMs,
      pskCallback: (socket, identity) => this.#secretOf(socket, identity),
    })
    this.#tls.on('secureConnection', (socket) => this.#admit(socket))
    // A stranger, or a scan of ports. Node leaves a connection open whose time is over.
    this.#tls.on('tlsClientError', (_error, socket) => socket.destroy())
  }

  /** Awaits a guest. Resolves with the port; undefined if it cannot be opened. */
  expect(guest: ExpectedPeer): Promise<number | undefined> {
    this.#guests.set(guest.id, guest)
    return (this.#port ??= this.#open())
  }

  /** Awaits a guest no longer; the port closes with the last one. Connections that are up stay. */
  dismiss({ id }: ExpectedPeer): void {
    this.#guests.delete(id)
    if (this.#guests.size > 0) return
    this.#server?.close()
    this.#server = undefined
    this.#port = undefined
    for (const socket of this.#strangers.values()) socket.destroy()
  }

  #open(): Promise<number | undefined> {
    const server = createServer({ noDelay: true, keepAlive: true }, (socket) => this.#greet(socket))
    this.#server = server
    return new Promise((resolve) => {
      server.on('error', (error) => {
        this.#options.onProblem(textOf(error))
        resolve(undefined)
      })
      server.on('close', () => resolve(undefined))
      server.listen(this.#options.port, () => resolve((server.address() as AddressInfo | null)?.port))
    })
  }

  #greet(socket: Socket): void {
    const [oldest] = this.#strangers.values()
    if (this.#strangers.size >= maxStrangers) oldest?.destroy()
    const place = placeOf(socket)
    this.#strangers.set(place, socket)
    socket.on('close', () => this.#strangers.delete(place))
    socket.on('error', () => {})
    socket.write(greeting)
    this.#tls.emit('connection', socket)
  }

  #secretOf(socket: TLSSocket, id: string): Buffer | null {
    const guest = this.#guests.get(id)
    if (guest === undefined) return null
    this.#proven.set(socket, guest)
    return guest.secret
  }

  #admit(socket: TLSSocket): void {
    this.#strangers.delete(placeOf(socket))
    const guest = this.#proven.get(socket)
    if (guest === undefined || !this.#guests.has(guest.id)) return void socket.destroy()
    socket.on('error', () => {})
    guest.onSocket(socket)
  }
}

function placeOf({ remoteAddress = '', remotePort = 0 }: Socket): string {
  return `${remoteAddress} ${remotePort}`
}
