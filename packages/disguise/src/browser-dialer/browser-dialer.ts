import type { IncomingMessage, ServerResponse } from 'node:http'
import { maxEarlyDataBytes } from '@ls/codec'
import { checkDurationMs, checkInteger, systemClock, type Clock, silentLogger, type Logger } from '@ls/foundation'
import {
  type Connect,
  type ConnectOptions,
  listen,
  parseServerUrl,
  socketPathOf,
  type TakeUpgrade,
  type TransportListener,
  type UpgradeRefusal,
  type UpgradeRequest,
  type WebSocketTransport,
} from '@ls/transport'
import {
  Attempt,
  checkServerUrl,
  encodeEarlyData,
  placeOf,
  resolveTransportOptions,
} from '@ls/transport/custom-connect'
import { AttachedPage } from './attached-page.js'
import type { BrowserTransport } from './browser-transport.js'
import { Gate } from './gate.js'
import { page, pageHeaders } from './page.js'

/** Address, limits and callbacks of {@link openBrowserDialer}. */
export interface BrowserDialerOptions {
  /** Address of the page. Beyond loopback other machines can reach it, unencrypted. @default '127.0.0.1' */
  readonly host?: string | undefined
  /** Port of the page; 0 for any free port. @default 0 */
  readonly port?: number | undefined
  /** Cancels while the port is not open yet; has no effect later. */
  readonly signal?: AbortSignal | undefined
  /** A browser has connected: links that wait for one may try again. */
  onAttached?(): void
  /** Receives the URL to open, and a warning while links wait for a browser. @default silent */
  readonly logger?: Logger | undefined
  /** @default the system's */
  readonly clock?: Clock | undefined
}

/** A page that opens WebSockets of its browser for this process. */
export interface BrowserDialer {
  /** URL to open in a browser. It is a secret: with it any program can act as that browser. */
  readonly url: string
  /** Number of open pages. */
  readonly pageCount: number
  /**
   * Opens WebSockets in the browser; waits within `dialTimeoutMs` for one. `headers`, `tls`, `dial` and UNIX sockets
   * are refused with a TypeError, since pages cannot set them; the browser uses its own proxies.
   */
  readonly connect: Connect
  /** Stops serving; the links through the browser end. */
  close(): Promise<void>
}

/** Most pages. One is enough; the others are spares, for instance after a reload before the old page is closed. */
const maxPages = 8

/**
 * Least time between two warnings, in milliseconds: a waiting link dials repeatedly, and one log line a minute is
 * enough.
 */
const warnIntervalMs = 60_000

/**
 * Serves a page on the loopback address; a browser that has it open makes the WebSockets, so that a server sees that
 * browser and nothing else. The URL of the page contains a random token, and pages of other origins are refused.
 *
 * @throws ListenError when the port cannot be opened
 *
 * @example
 * ```ts
 * const dialer = await openBrowserDialer({ port: 8080 })
 * console.log('open', dialer.url)
 * const transport = await dialer.connect({ url: 'wss://proxy.example.com', dialTimeoutMs: 60_000 })
 * ```
 */
export async function openBrowserDialer(options: BrowserDialerOptions = {}): Promise<BrowserDialer> {
  const dialer = new PageDialer(options)
  await dialer.open()
  return dialer
}

class PageDialer implements BrowserDialer {
  readonly connect: Connect = (options) => this.#connect(options)
  readonly #options: BrowserDialerOptions
  readonly #logger: Logger
  readonly #clock: Clock
  readonly #gate: Gate
  /** Open pages, the newest first, since that is the one after a reload. */
  #pages: readonly AttachedPage[] = []
  /** Links that wait for a page. */
  readonly #waiting = new Set<(page: AttachedPage) => void>()
  #listener: TransportListener | undefined
  #url = ''
  #lastId = 0
  #lastWarningMs = Number.NEGATIVE_INFINITY

  constructor(options: BrowserDialerOptions) {
    this.#options = options
    this.#gate = new Gate(options.host ?? '127.0.0.1')
    this.#logger = options.logger ?? silentLogger
    this.#clock = options.clock ?? systemClock
  }

  get url(): string {
    return this.#url
  }

  get pageCount(): number {
    return this.#pages.length
  }

  async open(): Promise<void> {
    const { host = '127.0.0.1', port = 0, signal } = this.#options
    this.#listener = await listen({
      host,
      port,
      logger: this.#logger,
      clock: this.#clock,
      signal,
      authorize: (request) => this.#authorize(request),
      onRequest: (request, response) => this.#answer(request, response),
      onTransport: (transport, { path }) => this.#enter(transport, this.#gate.placeOf(path) ?? ''),
    })
    this.#url = this.#gate.url(this.#listener.address().port)
    this.#logger.info({ url: this.#url }, `links go through a browser: open ${this.#url} in one`)
  }

  async close(): Promise<void> {
    await this.#listener?.closeAll({ code: 1001, reason: 'the program ends' })
  }

  async #connect(options: ConnectOptions): Promise<BrowserTransport> {
    checkFit(options)
    const url = typeof options.url === 'string' ? parseServerUrl(options.url) : checkServerUrl(options.url)
    if (socketPathOf(url) !== undefined)
      throw new TypeError(`${placeOf(url)} is a UNIX socket, which browsers cannot open`)
    const { maxMessageBytes } = resolveTransportOptions(options)
    const { firstMessages = [] } = options
    const earlyDataBytes = checkInteger('earlyDataBytes', options.earlyDataBytes ?? 0, 0, maxEarlyDataBytes)
    const protocols = encodeEarlyData(firstMessages, earlyDataBytes)
    const attempt = new Attempt(checkDurationMs('dialTimeoutMs', options.dialTimeoutMs ?? 8000), options.signal)
    try {
      const transport = await this.#openIn(url, protocols, maxMessageBytes, attempt)
      for (const message of firstMessages.slice(protocols.length)) transport.send(message)
      return transport
    } finally {
      attempt.dispose()
    }
  }

  /** Opens the WebSocket in the newest page; if that closes meanwhile, in the next one. */
  async #openIn(
    url: URL,
    protocols: readonly string[],
    maxMessageBytes: number,
    attempt: Attempt,
  ): Promise<BrowserTransport> {
    for (;;) {
      const page = this.#pages[0] ?? (await this.#waitForPage(attempt))
      const transport = await attempt.step<BrowserTransport | undefined>(
        `waiting for the browser to open ${placeOf(url)}`,
        (resolve, reject) =>
          page.open(String(++this.#lastId), {
            url,
            protocols,
            maxMessageBytes,
            onOpen: resolve,
            onFail: reject,
            onPageGone: () => resolve(undefined),
          }),
      )
      if (transport !== undefined) return transport
    }
  }

  async #waitForPage(attempt: Attempt): Promise<AttachedPage> {
    this.#warn()
    const { host } = new URL(this.#url)
    return attempt.step(`waiting for a browser to open the page at ${host}, whose URL is in the log`, (resolve) => {
      this.#waiting.add(resolve)
      return () => this.#waiting.delete(resolve)
    })
  }

  #warn(): void {
    const now = this.#clock.now()
    if (now - this.#lastWarningMs < warnIntervalMs) return
    this.#lastWarningMs = now
    this.#logger.warn({ url: this.#url }, `no browser is attached, so no link can be opened: open ${this.#url} in one`)
  }

  #authorize({ path, headers }: UpgradeRequest): UpgradeRefusal | TakeUpgrade | undefined {
    const refusal = this.#gate.refuse(headers, { upgrade: true })
    if (refusal !== undefined) return refusal
    const place = this.#gate.placeOf(path)
    if (place === 'control') {
      if (this.#pages.length < maxPages) return undefined
      return { status: 503, text: `${maxPages} pages are open already; close one.` }
    }
    const isExpected = place !== undefined && this.#pages.some((page) => page.expects(linkId(place)))
    return isExpected ? undefined : { status: 404, text: 'There is nothing here.' }
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const refusal = this.#gate.refuse(request.headers, { upgrade: false })
    const found = refusal === undefined && this.#gate.placeOf(request.url ?? '') === ''
    const isRead = request.method === 'GET' || request.method === 'HEAD'
    if (found && isRead) return void response.writeHead(200, pageHeaders).end(page)
    const { status, text } = refusal ?? { status: found ? 405 : 404, text: 'There is nothing here.' }
    response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`)
  }

  #enter(transport: WebSocketTransport, place: string): void {
    if (place === 'control') return this.#attach(transport)
    const id = linkId(place)
    const page = this.#pages.find((each) => each.expects(id))
    if (page === undefined) transport.destroy()
    else page.join(id, transport)
  }

  #attach(control: WebSocketTransport): void {
    const page = new AttachedPage(control, this.#clock, () => {
      this.#pages = this.#pages.filter((each) => each !== page)
      this.#logger.info({ pages: this.#pages.length }, 'a browser has gone')
    })
    this.#pages = [page, ...this.#pages]
    this.#logger.info({ pages: this.#pages.length }, 'a browser is attached')
    for (const proceed of this.#waiting) proceed(page)
    this.#waiting.clear()
    this.#options.onAttached?.()
  }
}

function linkId(place: string): string {
  return /^link\/(\d+)$/.exec(place)?.[1] ?? ''
}

/** Checks the options. @throws TypeError for those that a browser does not let pages set. */
function checkFit({ headers = {}, tls = {}, dial }: ConnectOptions): void {
  const [header] = Object.keys(headers)
  if (header !== undefined) throw new TypeError(`a browser does not let pages set headers, and there is ${header}`)
  const option = Object.entries(tls).find(([, value]) => value !== undefined)?.[0]
  if (option !== undefined) throw new TypeError(`the browser does TLS in its own way: tls.${option} has no effect`)
  if (dial !== undefined) throw new TypeError('the browser connects in its own way: `dial` and proxies have no effect')
}
