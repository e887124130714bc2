export { type ClientEvents, LinkSocksClient } from './client.js'
export { ClientError, type ClientErrorCode } from './errors.js'
export type { ClientOptions } from './options.js'
export type { ClientPorts } from './ports.js'
