export type { RequestAnswer } from './node/answer.js'
export { type Account, accounts } from './node/accounts.js'
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
export { connect, type ConnectOptions, type Proxy } from './node/connect.js'
export {
  createServer,
  type ListenOptions,
  type RequestHandler,
  type SocksServer,
  type SocksServerOptions,
} from './node/create-server.js'
export { performClientHandshake, type PerformClientHandshakeOptions } from './node/perform-client-handshake.js'
export {
  type AcceptedRequest,
  performServerHandshake,
  type PerformServerHandshakeOptions,
} from './node/perform-server-handshake.js'
export { replyForError } from './node/reply-for-error.js'
export { createAgents, createUndiciConnect, type SocksAgentOptions } from './node/agent.js'
