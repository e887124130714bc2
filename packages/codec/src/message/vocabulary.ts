import type { Compression, ConnectorOperation, Extension, LogLevel, Protocol } from './message.js'

// The closed sets of words in messages, at run time.

export const protocols: readonly Protocol[] = ['tcp', 'udp']
export const compressions: readonly Compression[] = ['none', 'gzip']
export const connectorOperations: readonly ConnectorOperation[] = ['add', 'remove']
export const logLevels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error']
/** What this version offers unless told otherwise. */
export const extensions: readonly Extension[] = ['window', 'fin', 'resume', 'ack2', 'urgent']
/** All that this version knows; `expose` is for providers that ask for a port. */
export const knownExtensions: readonly Extension[] = [...extensions, 'expose']

/** What a client without a token shows. No server registers it; a relay makes a provider a token (protocol.md §1.3). */
export const anonymousToken = 'anonymous'
