import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { type Dial, dial as dialHost, type DialRequest, discardStream, type Target } from '@ls/dial'
import { checkDurationMs, formatHostPort, maxTimerMs, textOf } from '@ls/foundation'
import { ClientHandshake, type ClientVersion } from '../client-handshake.js'
import { parseDestination } from '../destination.js'
import { SocksError } from '../errors.js'
import { defaultHandshakeTimeoutMs } from '../limits.js'
import { abortReason, startDeadline } from './deadline.js'
import { runClientHandshake } from './perform-client-handshake.js'

/** A proxy, and the account to use there. */
export interface Proxy extends Target {
  /** Version of the proxy. @default '5' */
  readonly version?: ClientVersion | undefined
  /** With 4 and 4a the user id. @default undefined: no authentication */
  readonly username?: string | undefined
  /** @default '' */
  readonly password?: string | undefined
}

/** Target, proxy and limits of {@link connect}. */
export interface ConnectOptions<S extends Duplex = Socket> {
  /** The proxy; if `socket` is given, its address is used only in error texts. */
  readonly proxy: Proxy
  /** Names go to the proxy unresolved, except that version 4 refuses them. */
  readonly target: Target
  /** Time for dial and handshake together, in milliseconds. @default defaultHandshakeTimeoutMs (10 s) */
  readonly timeoutMs?: number | undefined
  /** Gives up; the promise then rejects with its reason. Once connected, it has no effect. */
  readonly signal?: AbortSignal | undefined
  /** An open stream to the proxy, instead of `dial`. */
  readonly socket?: S | undefined
  /** Connects to the proxy in another way: through TLS, or through another proxy. @default TCP to `proxy` */
  readonly dial?: Dial<S> | undefined
}

/**
 * Connects to a target through a SOCKS proxy. The stream waits until it is read, and begins with the target's first
 * byte; it serves in an `http.Agent`. It is half-open: end your side when the other has ended.
 *
 * Rejects with a {@link SocksError} (`ERR_SOCKS_REFUSED_BY_PROXY` carries `reply`), or with the reason of `signal`;
 * then no socket is left, and a `socket` that was given is destroyed unless the options themselves are wrong.
 *
 * @throws {TypeError} for options that do not go together
 * @example
 * const socket = await connect({ proxy: { host: '127.0.0.1', port: 1080 }, target: { host: 'example.com', port: 80 } })
 */
export async function connect<S extends Duplex = Socket>(options: ConnectOptions<S>): Promise<S> {
  const { proxy, target, timeoutMs = defaultHandshakeTimeoutMs, signal } = options
  const dial = resolveDial(options)
  checkDurationMs('timeoutMs', timeoutMs)
  const { version, username, password } = proxy
  const destination = parseDestination(target.host, target.port)
  const handshake = new ClientHandshake({ version, username, password, destination })
  const deadline = startDeadline(
    `connecting through the proxy ${formatHostPort(proxy.host, proxy.port)}`,
    timeoutMs,
    signal,
  )
  try {
    if (deadline.signal.aborted) {
      if (options.socket !== undefined) discardStream(options.socket)
      throw abortReason(deadline.signal)
    }
    const socket = await reach(dial, proxy, deadline.signal)
    await runClientHandshake(socket, handshake, { signal: deadline.signal })
    startWhenRead(socket)
    return socket
  } finally {
    deadline.clear()
  }
}

/**
 * Resets a paused stream to the state before any reader: it starts with its first `data` listener. Node's HTTP client
 * adds one and never calls `resume`, so a paused socket would wait forever in an agent.
 */
function startWhenRead(stream: Duplex): void {
  const state: { readableFlowing: boolean | null } = stream
  state.readableFlowing = null
}

function resolveDial<S extends Duplex>({ socket, dial }: ConnectOptions<S>): Dial<S> {
  if (socket !== undefined && dial !== undefined) throw new TypeError('`socket` and `dial` exclude each other')
  if (socket !== undefined) return () => Promise.resolve(socket)
  // Without either, S is its default.
  return dial ?? (dialTcp as unknown as Dial<S>)
}

/** Awaits `dial`, at most until an abort: the caller must not wait for a dial that ignores the signal. */
function reach<S extends Duplex>(dial: Dial<S>, proxy: Target, signal: AbortSignal): Promise<S> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(abortReason(signal))
    const onSocket = (socket: S) => {
      signal.removeEventListener('abort', onAbort)
      if (!signal.aborted) return resolve(socket)
      // Without a listener, the error of a socket without an owner would end the process.
      socket.on('error', () => {})
      discardStream(socket)
      onAbort()
    }
    const onError = (cause: unknown) => {
      signal.removeEventListener('abort', onAbort)
      const text = `cannot reach the proxy ${formatHostPort(proxy.host, proxy.port)}: ${textOf(cause)}`
      reject(signal.aborted ? abortReason(signal) : new SocksError('ERR_SOCKS_UNREACHABLE', text, { cause }))
    }
    signal.addEventListener('abort', onAbort, { once: true })
    // An async function, so that a dial that throws synchronously counts as one that rejects.
    const attempt = async () => dial(proxy, { signal })
    attempt().then(onSocket, onError)
  })
}

function dialTcp(proxy: Target, { signal }: DialRequest): Promise<Socket> {
  return dialHost(proxy, { signal, timeoutMs: maxTimerMs })
}
