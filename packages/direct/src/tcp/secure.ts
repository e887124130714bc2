import type { TLSSocket } from 'node:tls'

/**
 * First bytes of a listening end. The dialling end sends nothing before it has them: a peer may name a port of
 * another service, which then never gets a byte.
 */
export const greeting = Buffer.from('linksocks-direct 1\n')

/** Time for both ends to open TLS, in milliseconds: some round trips of a slow path. */
export const tlsTimeoutMs = 5000

/**
 * TLS of both ends: version 1.3 with a key that both have (RFC 8446 §2.2) and a Diffie-Hellman exchange. So there are
 * no certificates, and what is recorded cannot be read later.
 */
export const tlsTerms = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' } as const

/** Text that identifies this TLS connection at both ends (RFC 9266): one with a third party in it has another. */
export function bindingOf(socket: TLSSocket): string {
  const bytes = socket.exportKeyingMaterial(32, 'EXPORTER-Channel-Binding', Buffer.alloc(0))
  return `tls-exporter ${bytes.toString('hex')}`
}
