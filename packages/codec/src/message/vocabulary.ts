import type { Address, Compression, ConnectorOperation, Extension, LogLevel, Protocol } from './message.js'

// The closed sets of words in messages, at run time.

export const protocols: readonly Protocol[] = ['tcp', 'udp']
export const compressions: readonly Compression[] = ['none', 'gzip']
export const connectorOperations: readonly ConnectorOperation[] = ['add', 'remove']
export const logLevels: readonly LogLevel[] = ['trace', 'debug', 'info', 'warn', 'error']
/** Extensions that this version offers by default. */
export const extensions: readonly Extension[] = ['window', 'fin', 'resume', 'ack2', 'urgent']
/**
 * All extensions known to this version; `expose` is for providers that request a port, `trace` for ends that make
 * spans.
 */
export const knownExtensions: readonly Extension[] = [...extensions, 'expose', 'trace']

/**
 * Token of a client without one. No server registers it; a relay creates a token for such a provider (protocol.md
 * §1.3).
 */
export const anonymousToken = 'anonymous'

/**
 * Target of the channels in which a connector and a provider agree on a direct path (protocol.md §3.10). No name below
 * `.invalid` exists (RFC 6761 §6.4), so a provider without this feature connects nowhere.
 */
export const directTarget: Address = { host: 'direct.linksocks.invalid', port: 1 }

/** Whether a channel is one in which a connector and a provider agree on a direct path. */
export function isDirectTarget(address: Address | undefined): boolean {
  return address?.host.toLowerCase() === directTarget.host && address.port === directTarget.port
}
