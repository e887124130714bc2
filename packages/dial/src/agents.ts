import { Agent as HttpAgent, type AgentOptions, type ClientRequestArgs } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as startTls, type ConnectionOptions as TlsOptions, type TLSSocket } from 'node:tls'
import { asError, type Target } from '@ls/foundation'

/** Opens a connection to a target. A request for which it rejects fails with that error. */
export type OpenConnection = (target: Target) => Promise<Duplex>

/** Agents for Node's HTTP clients: one for each scheme. */
export interface Agents {
  /** For `http.request`. */
  readonly http: HttpAgent
  /** For `https.request`. */
  readonly https: HttpsAgent
}

/**
 * Makes agents whose connections come from `open`, such as a tunnel through a proxy.
 *
 * @param settings How connections are kept and reused, as for Node's own agents. @default { keepAlive: true }
 * @example
 * const agents = agentsOver((target) => dial(target))
 * https.get('https://example.com/', { agent: agents.https }, (response) => response.pipe(process.stdout))
 */
export function agentsOver(open: OpenConnection, settings?: AgentOptions): Agents {
  const all: AgentOptions = { keepAlive: true, ...settings }
  return { http: new OpenedHttpAgent(open, all), https: new OpenedHttpsAgent(open, all) }
}

/** Arguments of undici's `connect` function: the part that this package uses. */
export interface UndiciConnectOptions {
  /** Name or address of the server. */
  readonly hostname: string
  /** `https:` for TLS. */
  readonly protocol: string
  /** Empty where it is the scheme's own. */
  readonly port: string
  /** Server name in TLS (SNI). @default `hostname` */
  readonly servername?: string | null | undefined
}

/** Passes the connection, or the error, to undici. */
export type UndiciCallback = (...result: [error: null, socket: Socket] | [error: Error, socket: null]) => void

/** The `connect` option of undici's `Agent`, `Client` and `Pool`. */
export type UndiciConnect = (request: UndiciConnectOptions, callback: UndiciCallback) => void

/**
 * Makes the `connect` option of undici, with connections from `open`.
 *
 * @param tls Further options for servers that are reached by `https`.
 * @example
 * const dispatcher = new Agent({ connect: undiciConnectOver((target) => dial(target)) })
 * await fetch('https://example.com/', { dispatcher })
 */
export function undiciConnectOver(open: OpenConnection, tls: TlsOptions = {}): UndiciConnect {
  return ({ hostname, protocol, port, servername }, callback) => {
    const isSecure = protocol === 'https:'
    const host = hostname.replaceAll(/^\[|\]$/g, '')
    const target = { host, port: port === '' ? (isSecure ? 443 : 80) : Number(port) }
    const opening = isSecure
      ? openSecure(open, target, { ...tls, servername: servername ?? host })
      : openPlain(open, target)
    opening.then(
      (socket) => callback(null, socket),
      (error: unknown) => callback(asError(error), null),
    )
  }
}

type CreateConnection = (error: Error | null, stream: Duplex) => void

class OpenedHttpAgent extends HttpAgent {
  readonly #open: OpenConnection

  constructor(open: OpenConnection, settings: AgentOptions) {
    super(settings)
    this.#open = open
  }

  override createConnection(request: ClientRequestArgs, callback?: CreateConnection): undefined {
    answer(openPlain(this.#open, targetOf(request, 80)), callback)
  }
}

class OpenedHttpsAgent extends HttpsAgent {
  readonly #open: OpenConnection

  constructor(open: OpenConnection, settings: AgentOptions) {
    super(settings)
    this.#open = open
  }

  override createConnection(request: ClientRequestArgs, callback?: CreateConnection): undefined {
    answer(openSecure(this.#open, targetOf(request, 443), request as TlsOptions), callback)
  }
}

function targetOf({ host, port }: ClientRequestArgs, defaultPort: number): Target {
  return { host: host ?? 'localhost', port: Number(port ?? defaultPort) }
}

function answer(opening: Promise<Duplex>, callback: CreateConnection | undefined): void {
  opening.then(
    (stream) => callback?.(null, stream),
    // Node passes the error on and ignores the stream.
    (error: unknown) => callback?.(asError(error), undefined as unknown as Duplex),
  )
}

async function openPlain(open: OpenConnection, target: Target): Promise<Socket> {
  return likeSocket(await open(target))
}

/** Resolves with a TLS stream whose certificate Node has checked. */
async function openSecure(open: OpenConnection, target: Target, tls: TlsOptions): Promise<TLSSocket> {
  const secure = startTls({ ...tls, socket: await open(target) })
  return new Promise((resolve, reject) => {
    secure.once('error', reject)
    secure.once('secureConnect', () => {
      secure.off('error', reject)
      resolve(secure)
    })
  })
}

/**
 * Adds the methods of sockets that HTTP clients call and that a stream may lack, such as one of HTTP/2. They do
 * nothing: such a stream shares its connection with others, so one request must not change the connection's settings.
 */
function likeSocket(stream: Duplex): Socket {
  if (stream instanceof Socket) return stream
  const missing = socketMethods.filter((name) => !(name in stream))
  return Object.assign(stream, Object.fromEntries(missing.map((name) => [name, () => stream]))) as Duplex as Socket
}

const socketMethods = ['ref', 'unref', 'setKeepAlive', 'setNoDelay', 'setTimeout'] as const
