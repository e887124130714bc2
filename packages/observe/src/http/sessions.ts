import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Clock } from '@ls/foundation'

/** Length of a session, in milliseconds: a day's work. Then the key must be entered again. */
export const sessionMs = 12 * 60 * 60 * 1000

/** Most ended sessions that are stored until they would have expired. At the limit all sessions end. */
const maxEnded = 1000

/** Options of {@link Sessions}. */
export interface SessionsOptions {
  /** Key of the API: sessions are signed with a key that is derived from it. */
  readonly apiKey: string
  /** Time of day, in milliseconds since 1970, since a session survives the process. @default Date.now */
  readonly now?: (() => number) | undefined
}

/** Connection over which a cookie goes. */
interface CookieTransport {
  /** Whether it has TLS: the cookie then has `Secure`. */
  readonly overTls: boolean
}

/** Session of a user who has entered the key. */
export interface DashboardSession {
  /** 22 hex digits. */
  readonly id: string
  /** End of the session, in milliseconds since 1970. */
  readonly expiresAtMs: number
}

/**
 * Sessions of users who have entered the key of the API in the dashboard. A session is a cookie that is signed with a
 * key derived from it: it costs no memory here, and survives a restart of the server.
 */
export class Sessions {
  readonly #secret: Buffer
  readonly #name: string
  readonly #now: () => number
  readonly #ended = new Map<string, number>()
  /** Functions to call when a session is ended early, by the session's id. */
  readonly #lasting = new Map<string, Set<() => void>>()
  /** Sessions that expire no later than this have ended. */
  #endedUntilMs = 0

  constructor({ apiKey, now = Date.now }: SessionsOptions) {
    this.#secret = createHmac('sha256', apiKey).update('linksocks dashboard session').digest()
    // Browsers share cookies between the ports of a host, and another server may run at one of them.
    this.#name = `linksocks-${this.#sign('name').slice(0, 8)}`
    this.#now = now
  }

  /** Finds the session of a request; undefined without a valid one. */
  find({ headers }: Pick<IncomingMessage, 'headers'>): DashboardSession | undefined {
    const [overTls, inClear] = [true, false].map((each) => this.#read(cookieOf(headers.cookie, this.#nameOf(each))))
    return overTls ?? inClear
  }

  #read(value: string | undefined): DashboardSession | undefined {
    const [, expiry = '', id = '', signature = ''] = /^(\w{1,12})\.(\w{22})\.([\w-]{43})$/.exec(value ?? '') ?? []
    if (!isSame(signature, this.#sign(`${expiry}.${id}`))) return undefined
    const expiresAtMs = Number.parseInt(expiry, 36)
    const isOver = expiresAtMs <= Math.max(this.#now(), this.#endedUntilMs) || this.#ended.has(id)
    return isOver ? undefined : { id, expiresAtMs }
  }

  /** Begins a session; `cookie` is the value of Set-Cookie, with `Secure` if the page came over TLS. */
  open({ overTls }: CookieTransport): { readonly cookie: string; readonly expiresAtMs: number } {
    const expiresAtMs = this.#now() + sessionMs
    const content = `${expiresAtMs.toString(36)}.${randomBytes(11).toString('hex')}`
    return { cookie: this.#cookie(`${content}.${this.#sign(content)}`, sessionMs / 1000, overTls), expiresAtMs }
  }

  /** Ends a session; returns the value of Set-Cookie that removes its cookie, with `overTls` as for {@link open}. */
  end({ id, expiresAtMs }: DashboardSession, { overTls }: CookieTransport): string {
    const now = this.#now()
    for (const [ended, atMs] of this.#ended) if (atMs <= now) this.#ended.delete(ended)
    this.#ended.set(id, expiresAtMs)
    this.#stop(id)
    if (this.#ended.size > maxEnded) {
      this.#endedUntilMs = now + sessionMs
      this.#ended.clear()
      for (const each of this.#lasting.keys()) this.#stop(each)
    }
    return this.#cookie('', 0, overTls)
  }

  /** Calls `stop` when the session has ended, also by expiry; returns a function that cancels this. */
  whenOver({ id, expiresAtMs }: DashboardSession, clock: Clock, stop: () => void): () => void {
    const stops = this.#lasting.get(id) ?? new Set()
    this.#lasting.set(id, stops.add(stop))
    // If the time of day was set back, the rest can seem longer than a session is.
    const timer = clock.setTimeout(stop, Math.max(0, Math.min(expiresAtMs - this.#now(), sessionMs)))
    return () => {
      clock.clearTimeout(timer)
      stops.delete(stop)
      if (stops.size === 0 && this.#lasting.get(id) === stops) this.#lasting.delete(id)
    }
  }

  #stop(id: string): void {
    const stops = this.#lasting.get(id) ?? []
    this.#lasting.delete(id)
    for (const stop of stops) stop()
  }

  /**
   * Cookie without a path, so that it applies to the API only, also below a path of a reverse proxy (RFC 6265 §5.1.4).
   */
  #cookie(value: string, seconds: number, secure: boolean): string {
    const name = this.#nameOf(secure)
    return `${name}=${value}; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure ? '; Secure' : ''}`
  }

  /**
   * Name of the cookie. With `Secure` browsers keep it from ports without TLS; the prefix prevents those from setting
   * it (RFC 6265bis §4.1.3).
   */
  #nameOf(secure: boolean): string {
    return `${secure ? '__Secure-' : ''}${this.#name}`
  }

  #sign(text: string): string {
    return createHmac('sha256', this.#secret).update(text).digest('base64url')
  }
}

/** Compares in the same time for all wrong values. */
function isSame(given: string, expected: string): boolean {
  return given.length === expected.length && timingSafeEqual(Buffer.from(given), Buffer.from(expected))
}

function cookieOf(header: string | undefined, name: string): string | undefined {
  const found = header?.split(';').find((each) => each.trimStart().startsWith(`${name}=`))
  return found?.trim().slice(name.length + 1)
}
