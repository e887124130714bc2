export { WispConnection, type WispConnectionOptions } from './wisp-connection.js'
