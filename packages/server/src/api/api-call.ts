import type { Clock, Logger, Snapshot } from '@ls/foundation'
import type { LiveView } from '@ls/observe'
import type { Answer, DashboardSession, Sessions } from '@ls/observe/http'
import type { ExposedPorts } from '../expose/exposed-ports.js'
import type { ClusterStatus } from '../nodes/cluster-status.js'
import type { ApiOptions } from '../options/api-options.js'
import type { ChannelInfo } from '../reverse/channel-info.js'
import type { Tickets } from '../tickets/tickets.js'
import type { ConnectorTokenRequest, ReverseTokenRequest, TokenOptions } from '../tokens/token-requests.js'
import type { TokenStatus } from '../tokens/token-status.js'
import type { WriteMetrics } from './write-metrics.js'

/** One authorized request with its context. */
export interface ApiCall {
  readonly server: ManagedServer
  /** Decoded part of the path at the name in braces; empty if the route has none. */
  readonly parameter: string
  /** The query of the URL, without `?`. */
  readonly query: URLSearchParams
  /** Value of the Last-Event-ID header: id of the last event that the reader received. */
  readonly lastEventId: string | undefined
  /** Whether another process of the server asks for the part of this one. */
  readonly isAlone: boolean
  /** The Cookie header of the request. */
  readonly cookie: string | undefined
  /** The Accept header of the request. */
  readonly accept: string | undefined
  /** Writes the server's numbers for Prometheus; undefined without such a writer. */
  readonly writeMetrics: WriteMetrics | undefined
  /** The dashboard and the session of its user; undefined on a server without a dashboard. */
  readonly dashboard: DashboardCall | undefined
  /** Changes the level of the log; undefined where the program does not support it. */
  readonly setLogLevel: ((level: string, part: string | undefined) => void) | undefined
  /** Starts a new process that takes over; undefined where the program does not support it. */
  readonly requestRestart: ApiOptions['requestRestart']
  readonly clock: Clock
  /** Logger that adds the caller's address. */
  readonly logger: Logger
  /**
   * Reads the body of the request.
   *
   * @throws ApiRefusal when there is no whole body within the limits
   */
  readBody(): Promise<string>
}

/** A request to a server that has a dashboard. */
export interface DashboardCall {
  readonly sessions: Sessions
  /** Session of the user; undefined where the request was authorized by its key. */
  readonly session: DashboardSession | undefined
  /** Whether the browser connected over TLS. */
  readonly overTls: boolean
}

/** Serves a request. May throw ApiRefusal, or a ServerError of the server. */
export type ApiHandler = (call: ApiCall) => Answer | Promise<Answer>

/** The part of the server that the management API uses; `LinkSocksServer` implements it. */
export interface ManagedServer {
  /** Whether clients may open direct paths. */
  readonly allowsDirectPaths: boolean
  tokens(): TokenStatus[]
  snapshot(): Snapshot
  channels(): Iterable<ChannelInfo>
  readonly exposed: ExposedPorts
  /** The server as one of several nodes. */
  readonly localNode: { readonly cluster: ClusterStatus | undefined }
  addForwardToken(token?: string, options?: TokenOptions): string
  addReverseToken(request: ReverseTokenRequest): { token: string; port: number | undefined }
  addConnectorToken(request: ConnectorTokenRequest): string
  removeToken(token: string): Promise<boolean>
  readonly tickets: Pick<Tickets, 'make' | 'keep' | 'remove'>
  keepToken(token: string, options?: { readonly isNew?: boolean }): Promise<void>
  closeChannel(id: string): boolean
  /** Lists and events for readers of the live view. */
  readonly live: LiveView
  closeLink(id: string): boolean
  /** Requests that the program drains and ends. */
  requestDrain(): void
  /** State of the relay as strangers may see it; undefined where the server is no relay. */
  health(): object | undefined
  /** Callbacks of the configuration; empty where there is none to show or to read again. */
  readonly configuration: Pick<ApiOptions, 'reload' | 'showConfiguration'>
}
