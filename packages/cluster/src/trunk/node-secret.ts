import { hkdfSync } from 'node:crypto'
import type { Socket } from 'node:net'
import { ClusterError } from '../errors.js'

/** Shortest secret, in characters: a shorter one could be guessed from a recorded handshake. */
const minSecretLength = 32

/**
 * Secret that all nodes of a cluster share. A connection between nodes is encrypted and authenticates both ends with
 * it: TLS-PSK.
 */
export class NodeSecret {
  /** Key of 256 bits. */
  readonly key: Buffer

  /** @throws RangeError for a secret that is too short */
  constructor(secret: string) {
    if (secret.length < minSecretLength)
      throw new RangeError(
        `the cluster secret has ${secret.length} characters; it must have at least ${minSecretLength}`,
      )
    this.key = Buffer.from(hkdfSync('sha256', secret, '', 'linksocks cluster 1', 32))
  }
}

/**
 * TLS 1.3 with a pre-shared key (RFC 8446 §4.2.11) and an ephemeral exchange: a recorded connection stays unreadable if
 * the secret leaks later. Node offers a pre-shared key for ciphers with SHA-256 only.
 */
export const nodeTls = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256' } as const

/** Prepares a connection that stays open. */
export function prepare(stream: Socket): void {
  stream.setNoDelay(true)
  // A connection that is passed on has eleven, most of them Node's own.
  stream.setMaxListeners(20)
}

/** Converts a TLS error between nodes to an error with an explanation. */
export function secretFault(error: Error & { readonly code?: string }): Error {
  const code = error.code ?? ''
  if (!code.startsWith('ERR_SSL')) return error
  return new ClusterError('ERR_CLUSTER_NODE', `the other node does not have our cluster secret (${code})`, {
    cause: error,
  })
}
