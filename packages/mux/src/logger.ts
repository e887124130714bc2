export { silentLogger, type Logger } from '@ls/foundation'
