import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Dial } from '@ls/dial'
import type { DialInfo } from '../dial-direct.js'
import type { HttpProxyError } from '../errors.js'
import type { ResolvedHttpProxyOptions } from '../options.js'
import type { Origins } from '../origin/origins.js'

/** A task that must wait for all responses before it. */
export interface Turn {
  start(): void
  /** Called when its own part failed: the bytes of its request, or its time limit. */
  fail(error: HttpProxyError): void
  /** Called when the client is gone. */
  cancel(): void
  /** The request, where there is more of it to read. */
  readonly request: IncomingMessage | undefined
}

/** The client's connection, as an exchange on it needs it. */
export interface ExchangeHost {
  readonly socket: Duplex
  readonly options: ResolvedHttpProxyOptions
  readonly origins: Origins
  /** The account of the request being served. */
  readonly user: string | undefined
  /** Answers on the bare socket, after which nothing more is read from it. */
  refuse(error: unknown): void
  /** Called when the client has authenticated, as the account `user` if there are accounts. */
  proven(user: string | undefined): void
  /** Logs why a request was not served. */
  note(error: unknown): void
  /** Ends HTTP on the socket permanently: all further bytes belong to a tunnel. */
  takeOver(response?: ServerResponse): Duplex
  /** Whether the client has sent further requests beyond the one being served. */
  readonly hasMore: boolean
  /** Returns the target of a request as the client sent it. */
  targetOf(request: IncomingMessage): string
  /** Ends a turn, so that the next one may start. */
  endTurn(turn: Turn): void
}

/** Services of the proxy for its connections. */
export interface ConnectionContext {
  readonly options: ResolvedHttpProxyOptions
  readonly dial: Dial<Duplex, DialInfo>
  /** Parses `socket` anew, from its next byte on. */
  readonly parse: (socket: Duplex) => void
}
