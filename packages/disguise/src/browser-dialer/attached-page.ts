import type { Clock } from '@ls/foundation'
import { TransportError, type WebSocketTransport } from '@ls/transport'
import { BrowserTransport } from './browser-transport.js'

/** Callbacks for a WebSocket requested from the page. */
export interface PageRequest {
  readonly url: URL
  readonly protocols: readonly string[]
  readonly maxMessageBytes: number
  onOpen(transport: BrowserTransport): void
  onFail(error: TransportError): void
  /** The page closed before it answered: another page may handle the request. */
  onPageGone(): void
}

/** Longest event message of the page, in bytes; events are a number and a word. */
const maxEventBytes = 1024

/** The control connection of a page in a browser: requests WebSockets and reports on them. */
export class AttachedPage {
  readonly #control: WebSocketTransport
  readonly #clock: Clock
  readonly #opening = new Map<string, PageRequest>()
  readonly #open = new Map<string, BrowserTransport>()
  readonly #onGone: () => void

  constructor(control: WebSocketTransport, clock: Clock, onGone: () => void) {
    this.#control = control
    this.#clock = clock
    this.#onGone = onGone
    control.setHandler({
      onMessage: (message) => this.#receive(message),
      onDrain: () => {},
      onClose: () => this.#gone(),
    })
  }

  /** Requests a WebSocket; the returned function cancels it. */
  open(id: string, request: PageRequest): () => void {
    this.#opening.set(id, request)
    this.#tell({ order: 'open', id, url: request.url.href, protocols: request.protocols })
    return () => {
      if (this.#opening.delete(id)) this.#tell({ order: 'cancel', id })
    }
  }

  /** Whether the page may open a connection for this WebSocket. */
  expects(id: string): boolean {
    return this.#opening.has(id)
  }

  /** Connects `link`, which carries the messages of a WebSocket that the page has opened. */
  join(id: string, link: WebSocketTransport): void {
    const request = this.#opening.get(id)
    if (request === undefined) return link.destroy()
    this.#opening.delete(id)
    const transport = new BrowserTransport(link, {
      clock: this.#clock,
      maxMessageBytes: request.maxMessageBytes,
      ask: () => this.#tell({ order: 'look', id }),
      onEnd: () => this.#open.delete(id),
    })
    this.#open.set(id, transport)
    request.onOpen(transport)
  }

  #receive(message: Uint8Array): void {
    const { event, id } = readEvent(message)
    if (event === 'hold') this.#open.get(id)?.hold()
    else if (event === 'release') this.#open.get(id)?.release()
    else if (event === 'failed') this.#fail(id)
  }

  #fail(id: string): void {
    const request = this.#opening.get(id)
    this.#opening.delete(id)
    request?.onFail(cannotOpen(request.url))
  }

  #gone(): void {
    this.#onGone()
    for (const transport of this.#open.values()) transport.stopAsking()
    for (const request of this.#opening.values()) request.onPageGone()
    this.#opening.clear()
  }

  #tell(order: object): void {
    this.#control.send(Buffer.from(JSON.stringify(order)))
  }
}

/** Reads an event of the page; malformed messages give an empty event. */
function readEvent(message: Uint8Array): { readonly event: unknown; readonly id: string } {
  if (message.length > maxEventBytes) return { event: undefined, id: '' }
  try {
    const { event, id } = JSON.parse(Buffer.from(message).toString()) as { event?: unknown; id?: unknown }
    return { event, id: String(id) }
  } catch {
    return { event: undefined, id: '' }
  }
}

function cannotOpen({ protocol, host, pathname }: URL): TransportError {
  const message = `the browser cannot open ${protocol}//${host}${pathname}: browsers do not tell pages the reason; the browser's console (F12) may show it`
  return new TransportError('ERR_TRANSPORT_BROWSER', message)
}
