export { silentLogger, type Logger } from './logger.js'
export type { MessageTransport, TransportCloseReason, TransportHandler } from './transport.js'
