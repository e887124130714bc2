import {
  createHmac,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
} from 'node:crypto'

/** X25519 key of a process, for one run. */
export interface OwnKey {
  readonly privateKey: KeyObject
  /** The 32 bytes that the peer receives. */
  readonly publicKey: Buffer
}

/** Creates a key. */
export function makeOwnKey(): OwnKey {
  const { privateKey, publicKey } = generateKeyPairSync('x25519')
  return { privateKey, publicKey: Buffer.from(publicKey.export({ format: 'jwk' }).x!, 'base64url') }
}

/**
 * Creates the id of this process. It begins with 00, so it is practically always the smaller one of a pair: the dialled
 * connection of the process with the smaller id wins (protocol.md §1.9), so this end never has to accept one.
 */
export function makeSessionId(): string {
  return `00${randomUUID().slice(2)}`
}

/** Id of a pair: the smaller of both UUIDs. */
export function pairIdOf(ownId: string, peerId: string): string {
  return ownId.toLowerCase() < peerId.toLowerCase() ? ownId : peerId
}

/** Key of a pair. @throws Error for a public key that is none */
export function pairKeyOf(pairId: string, { privateKey }: OwnKey, peerKey: Uint8Array): Buffer {
  const x = Buffer.from(peerKey).toString('base64url')
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' })
  return createHmac('sha256', idBytes(pairId)).update(diffieHellman({ privateKey, publicKey })).digest()
}

/** The 16 bytes of a UUID. */
export function idBytes(id: string): Buffer {
  return Buffer.from(id.replaceAll('-', ''), 'hex')
}
