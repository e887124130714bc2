import type { Clock, Logger } from '@ls/foundation'
import type { Answer } from './answer.js'
import type { ChannelInfo } from '../reverse/channel-info.js'
import type { ConnectorTokenRequest, ReverseTokenRequest } from '../tokens/token-requests.js'
import type { TokenStatus } from '../tokens/token-status.js'

/** One authorized request, and what it takes to serve it. */
export interface ApiCall {
  readonly server: ManagedServer
  /** What stands in the path where the route has a name in braces, decoded; empty where it has none. */
  readonly parameter: string
  readonly clock: Clock
  /** Knows the caller's address. */
  readonly logger: Logger
  /** @throws ApiRefusal when there is no whole body within the limits */
  readBody(): Promise<string>
}

/** Serves a request. May throw ApiRefusal, or ServerError for what the server refuses. */
export type ApiHandler = (call: ApiCall) => Answer | Promise<Answer>

/** What the management API needs of the server; `LinkSocksServer` is one. */
export interface ManagedServer {
  tokens(): TokenStatus[]
  channels(): Iterable<ChannelInfo>
  addForwardToken(token?: string): string
  addReverseToken(request: ReverseTokenRequest): { token: string; port: number }
  addConnectorToken(request: ConnectorTokenRequest): string
  removeToken(token: string): Promise<boolean>
  closeChannel(id: string): boolean
}
