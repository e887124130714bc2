export {
  type Agents,
  agentsOver,
  type OpenConnection,
  type UndiciCallback,
  type UndiciConnect,
  type UndiciConnectOptions,
  undiciConnectOver,
} from './agents.js'
export type { Cancellation } from './cancellation.js'
export { defaultDialTimeoutMs, dial, type DialOptions } from './dial.js'
export { makeFolders } from './system/make-folders.js'
export { readLimitedFile } from './system/read-limited-file.js'
export { parseDnsServer } from './resolve/dns-server.js'
export { listenAt, type ListenPlace } from './listen/listen-at.js'
export { ListenError, type ListenErrorCode, listenErrorCodes } from './listen/listen-error.js'
export { listenOnPath, type ListenOnPathOptions } from './listen/listen-on-path.js'
export {
  type ListeningPlace,
  ListeningSockets,
  listeningSockets,
  type PassableSocket,
} from './listen/listening-sockets.js'
export {
  askForReset,
  breakStream,
  carryResets,
  closeStream,
  confirmEnd,
  discardStream,
  streamEnd,
  type StreamEnd,
} from './stream-end.js'
export { openPort } from './listen/open-port.js'
export { DialError, type DialErrorCode } from './errors.js'
export type { LookupOptions, NameResolver } from './resolve/name-resolver.js'
export type { Answer, Family } from './race.js'
export { resolveAll } from './resolve/resolve-all.js'
export { Resolver, type ResolverOptions } from './resolve/resolver.js'
export { type DnsOptions, resolversFor, type Resolvers, serverResolver, systemResolver } from './resolve/resolvers.js'
export type { Dial, DialRequest, Target } from './custom-dial.js'
