import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2'
import type { Duplex } from 'node:stream'
import { HttpProxyError } from '../errors.js'
import { formatAuthority } from '../message/authority.js'
import type { ConnectAttempt } from './connect-attempt.js'
import { requestStream } from './connect-h2.js'

/** Bytes a tunnel may receive ahead of its reader: 80 Mbit/s at 100 ms. */
const streamWindowBytes = 1_048_576

/**
 * Bytes all tunnels of a session may receive ahead. Node grants these again as they arrive, not as they are read, so a
 * stalled tunnel blocks no other; memory is limited per stream.
 */
const sessionWindowBytes = 16_777_216

/**
 * Memory limit of nghttp2 for a session, in the megabytes that Node counts in; its default of 10 refuses busy sessions.
 */
const maxSessionMemory = 64

export interface SharedSessionLimits {
  readonly maxTunnelsPerSession: number
  /** How long a connection without tunnels is kept, in milliseconds. */
  readonly idleMs: number
  /** How long a kept connection may take to answer a PING, in milliseconds. */
  readonly pingMs: number
}

/** An HTTP/2 connection to a proxy, and the tunnels on it. */
export class SharedSession {
  readonly #http2: ClientHttp2Session
  readonly #options: SharedSessionLimits
  readonly #onRetired: () => void
  #state: 'open' | 'retired' = 'open'
  #tunnels = 0
  #idleTimer: NodeJS.Timeout | undefined
  #probe: AbortController | undefined

  constructor(
    stream: Duplex,
    authority: string,
    options: SharedSessionLimits,
    onRetired: (session: SharedSession) => void,
  ) {
    this.#options = options
    this.#onRetired = () => onRetired(this)
    // Node ends a session with its socket, and a half-open socket would outlive the proxy's end.
    stream.allowHalfOpen = false
    this.#http2 = connectHttp2(`https://${authority}`, {
      createConnection: () => stream,
      settings: { enablePush: false, initialWindowSize: streamWindowBytes },
      maxSessionMemory,
    })
    this.#http2.once('connect', () => this.#http2.setLocalWindowSize(sessionWindowBytes))
    // Each tunnel gets the error itself; the session is only removed.
    this.#http2.on('error', () => this.retire())
    this.#http2.once('goaway', () => this.retire())
    this.#http2.once('close', () => this.retire())
  }

  get hasRoom(): boolean {
    if (this.#state === 'retired' || this.#http2.closed || this.#http2.destroyed) return false
    const { maxConcurrentStreams = Infinity } = this.#http2.remoteSettings
    return this.#tunnels < Math.min(this.#options.maxTunnelsPerSession, maxConcurrentStreams)
  }

  /**
   * Opens one more tunnel.
   *
   * @param reused Whether the session was quiet before: a PING is then sent first, so that a dead session is noticed
   * within seconds.
   * @throws {HttpProxyError} ERR_HTTP_PROXY_CLOSED when the session can no longer be used; it is then retired.
   */
  async open(attempt: ConnectAttempt, reused: boolean): Promise<Duplex> {
    const signal = reused ? AbortSignal.any([attempt.signal, this.#ping(attempt)]) : attempt.signal
    this.#begin()
    try {
      const stream = await requestStream(this.#http2, { ...attempt, signal })
      if (stream.closed) this.#end()
      else stream.once('close', () => this.#end())
      return stream
    } catch (error) {
      this.#end()
      if (error instanceof HttpProxyError && error.code === 'ERR_HTTP_PROXY_CLOSED') this.retire()
      throw error
    }
  }

  /** Accepts no more tunnels; closes when the open ones have ended. */
  retire(): void {
    if (this.#state === 'retired') return
    this.#state = 'retired'
    clearTimeout(this.#idleTimer)
    this.#onRetired()
    if (!this.#http2.destroyed) this.#http2.close()
  }

  #begin(): void {
    clearTimeout(this.#idleTimer)
    if (this.#tunnels++ === 0) this.#http2.ref()
  }

  /** Counts the end of a tunnel. A session without tunnels does not keep the process running. */
  #end(): void {
    if (--this.#tunnels > 0 || this.#state === 'retired') return
    this.#http2.unref()
    this.#idleTimer = setTimeout(() => this.retire(), this.#options.idleMs).unref()
  }

  /** Aborts if the proxy does not answer a PING in time; one PING serves all tunnels that open meanwhile. */
  #ping({ proxy }: ConnectAttempt): AbortSignal {
    if (this.#probe !== undefined) return this.#probe.signal
    const probe = new AbortController()
    this.#probe = probe
    const timer = setTimeout(() => {
      const text = `the HTTP/2 session with the proxy ${formatAuthority(proxy)} is dead: no answer to PING`
      probe.abort(
        new HttpProxyError('ERR_HTTP_PROXY_CLOSED', `${text} within ${this.#options.pingMs} ms`, { reply: 'failed' }),
      )
    }, this.#options.pingMs)
    const settle = (): void => {
      clearTimeout(timer)
      this.#probe = undefined
    }
    // If the session cannot send a PING, the CONNECT fails by itself.
    if (!this.#http2.destroyed && this.#http2.ping(settle)) return probe.signal
    settle()
    return probe.signal
  }
}
