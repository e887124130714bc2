import { newChannelId } from '@ls/codec'
import { Link, resolveLinkSettings, ShownToken } from '@ls/link'
import { loopbackPair, type MessageTransport, Session } from '@ls/mux'
import type { UpgradeRequest } from '@ls/transport'
import { WispConnection } from '@ls/wisp'
import type { ArrivingTransport } from '../links/arriving-transport.js'
import type { ResolvedServerOptions } from '../options/resolve-options.js'

/** A page that speaks Wisp, at a path with its token. */
export interface WispClient {
  readonly transport: ArrivingTransport
  readonly request: UpgradeRequest
  readonly token: string
  readonly server: Pick<ResolvedServerOptions, 'clock' | 'logger' | 'handshakeTimeoutMs'>
}

/** Accepts a link from the port. */
export type Accept = (transport: ArrivingTransport, request: UpgradeRequest) => void

/**
 * Serves a page that speaks Wisp: it becomes a client of this server, within the process. So its token or ticket, with
 * policy, quota and limits, applies as for any other client, and it is listed and counted like one.
 */
export function serveWisp({ transport, request, token, server }: WispClient, accept: Accept): void {
  const { clock, logger, handshakeTimeoutMs } = server
  const [near, far] = loopbackPair({ defer: setImmediate, sharesMemory: true })
  const settings = resolveLinkSettings({
    token,
    extensions: ['window', 'fin'],
    reconnect: false,
    heartbeat: false,
    handshakeTimeoutMs,
    clock,
    logger,
  })
  const end = (reason: string): void => transport.close({ code: 1008, reason })
  const link = new Link({
    settings,
    token: new ShownToken({ settings, onChange: () => {} }),
    instance: newChannelId(),
    opener: { authenticated: false, open: () => Promise.resolve(near) },
    makeSession: (options, handler) => new Session(options, handler),
    sessionHandler: { onConnect: (channel) => channel.reject('forbidden: a page opens connections only') },
    onMessage: () => {},
    onUp: (session) => void new WispConnection({ transport, session, onClose: (reason) => link.close(reason) }),
    onDown: () => {},
    onFailed: () => {},
    onClosed: (_, reason) => end(reason),
    onEnd: (error) => end(error.message),
  })
  const query = new URLSearchParams({ ext: settings.extensions.join(',') })
  accept(arriving(far, transport), { ...request, query })
  link.start()
}

/** Transport at which the page arrives as a client. Its authentication there counts for its WebSocket. */
function arriving(far: MessageTransport, transport: ArrivingTransport): ArrivingTransport {
  return Object.assign(far, { admit: () => transport.admit() })
}
