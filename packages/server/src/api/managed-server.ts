import type { ChannelInfo } from '../channel-info.js'
import type { ConnectorTokenRequest, ReverseTokenRequest } from '../token-requests.js'
import type { TokenStatus } from '../token-status.js'

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
