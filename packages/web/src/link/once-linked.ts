import type { Link } from '@ls/link'
import { MovingLink, type MovingLinkOptions, UrgentDialler, type UrgentDiallerOptions } from '@ls/link/linked'
import type { Session } from '@ls/mux'
import { Keepalive, type KeepaliveOptions } from '@ls/mux/keepalive'
import type { PageParts } from './page-parts.js'
import type { WebSocketTransport } from './websocket-transport.js'

// A page loads this file once it is linked, so it imports no code that the page has already (decisions 115 and 118).

/** Adds a heartbeat to a WebSocket, which cannot ping by itself: `ping` sends what the server must answer. */
export function beat(transport: WebSocketTransport, options: Omit<KeepaliveOptions, 'dead'>): void {
  const keepalive = new Keepalive({
    ...options,
    dead: (silentMs) => {
      const reason = `server silent for ${silentMs} ms (limit ${keepalive.timeoutMs} ms)`
      transport.destroy({ code: 1006, reason })
    },
  })
  transport.beat(keepalive)
}

/** A link of a page, and the request of its server to move it to another process. */
export interface MoveRequest {
  /** Links of the page: the one that moves is replaced there. */
  readonly links: (Link | MovingLink)[]
  readonly link: Link
  /** Options that the link was made with. */
  readonly options: MovingLinkOptions
  /** Session of the request. */
  readonly session: Session
  /** The message with which the server asks. */
  readonly request: Uint8Array
}

/** Moves a link to another process of its server. Nothing happens if it is closed, or moves already. */
export function move({ links, link, options, session, request }: MoveRequest): void {
  const at = links.indexOf(link)
  if (at < 0) return
  const moving = new MovingLink(options, link)
  links[at] = moving
  moving.move(session, request)
}

/** Makes what opens a second WebSocket, which only sessions with the code for bulk use. */
export function urgentDialler({ clock, dial }: UrgentDiallerOptions, parts: PageParts): UrgentDialler {
  return new UrgentDialler({
    clock,
    dial: async (session) => {
      await parts.loadBulk()
      return dial(session)
    },
  })
}
