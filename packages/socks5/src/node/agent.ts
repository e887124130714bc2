import { Agent as HttpAgent, type AgentOptions, type ClientRequestArgs } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { connect as startTls, type ConnectionOptions as TlsOptions, type TLSSocket } from 'node:tls'
import type { Target } from '@ls/dial'
import { asError } from '@ls/foundation'
import { connect, type Proxy } from './connect.js'

/** Proxy and limits of agents. */
export interface SocksAgentOptions {
  /** The proxy. Names go to it unresolved, except that version 4 refuses them. */
  readonly proxy: Proxy
  /** Time for reaching the proxy and the target together, in milliseconds. @default 10000 */
  readonly timeoutMs?: number | undefined
  /** How connections are kept and reused, as for Node's own agents. @default { keepAlive: true } */
  readonly agent?: AgentOptions | undefined
}

/** Agents that reach servers through a SOCKS proxy: one for each scheme. */
export interface SocksAgents {
  /** For `http.request`. */
  readonly http: HttpAgent
  /** For `https.request`. */
  readonly https: HttpsAgent
}

/**
 * Makes agents for Node's `http` and `https`.
 *
 * @example
 * const agents = createAgents({ proxy: { host: '127.0.0.1', port: 1080 } })
 * https.get('https://example.com/', { agent: agents.https }, (response) => response.pipe(process.stdout))
 */
export function createAgents(options: SocksAgentOptions): SocksAgents {
  const settings: AgentOptions = { keepAlive: true, ...options.agent }
  return { http: new SocksHttpAgent(options, settings), https: new SocksHttpsAgent(options, settings) }
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

/**
 * Makes the `connect` option of undici's `Agent`, `Client` and `Pool`.
 *
 * @param tls Further options for servers that are reached by `https`.
 * @example
 * const dispatcher = new Agent({ connect: createUndiciConnect({ proxy: { host: '127.0.0.1', port: 1080 } }) })
 * await fetch('https://example.com/', { dispatcher })
 */
export function createUndiciConnect(
  options: SocksAgentOptions,
  tls: TlsOptions = {},
): (request: UndiciConnectOptions, callback: UndiciCallback) => void {
  return ({ hostname, protocol, port, servername }, callback) => {
    const isSecure = protocol === 'https:'
    const host = hostname.replaceAll(/^\[|\]$/g, '')
    const target = { host, port: port === '' ? (isSecure ? 443 : 80) : Number(port) }
    open(options, target, isSecure ? { ...tls, servername: servername ?? host } : undefined).then(
      (socket) => callback(null, socket),
      (error: unknown) => callback(asError(error), null),
    )
  }
}

type CreateConnection = (error: Error | null, stream: Duplex) => void

class SocksHttpAgent extends HttpAgent {
  readonly #options: SocksAgentOptions

  constructor(options: SocksAgentOptions, settings: AgentOptions) {
    super(settings)
    this.#options = options
  }

  override createConnection(request: ClientRequestArgs, callback?: CreateConnection): undefined {
    answer(open(this.#options, targetOf(request, 80)), callback)
  }
}

class SocksHttpsAgent extends HttpsAgent {
  readonly #options: SocksAgentOptions

  constructor(options: SocksAgentOptions, settings: AgentOptions) {
    super(settings)
    this.#options = options
  }

  override createConnection(request: ClientRequestArgs, callback?: CreateConnection): undefined {
    answer(open(this.#options, targetOf(request, 443), request as TlsOptions), callback)
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

/** Connects to `target`; with `tls` the stream is a TLS stream whose certificate Node has checked. */
async function open({ proxy, timeoutMs }: SocksAgentOptions, target: Target, tls?: TlsOptions): Promise<Socket> {
  const socket = await connect({ proxy, target, timeoutMs })
  return tls === undefined ? socket : secured(startTls({ ...tls, socket }))
}

function secured(socket: TLSSocket): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('secureConnect', () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })
}
