export type { Account } from './message/basic.js'
export { accounts } from './serve/accounts.js'
export {
  type Agents,
  type Dial,
  type DialRequest,
  ListenError,
  type ListenErrorCode,
  type Target,
  type UndiciCallback,
  type UndiciConnect,
  type UndiciConnectOptions,
} from '@ls/dial'
export { createAgents, createUndiciConnect, type HttpProxyAgentOptions } from './connect/agent.js'
export { connect, sharedHttp2Sessions, type ConnectOptions } from './connect/connect.js'
export { Http2Sessions, type Http2SessionsOptions } from './connect/http2-sessions.js'
export type { HttpProxyAddress } from './connect/proxy-address.js'
export { dialDirect, type DialInfo } from './dial-direct.js'
export { mergePieces } from './message/merge-pieces.js'
export type { HttpProxyOptions } from './options.js'
export { replyForError } from './reply.js'
export type { ConnectRequest } from './serve/connect-request.js'
export { createServer, type HttpProxyServer, type ListenOptions } from './serve/create-server.js'
export { HttpProxy } from './serve/http-proxy.js'
export { join } from './serve/join.js'
