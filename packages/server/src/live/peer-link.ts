import type { LiveLink } from '@ls/observe'
import { SessionLink } from '@ls/relay'
import type { Peer } from '../links/peer.js'
import { instanceId, tokenId } from '../tokens/token-text.js'

/** A client's link as the live view shows it. */
export class PeerLink extends SessionLink implements LiveLink {
  readonly peer: Peer
  readonly tokenId: string
  readonly instance: string

  constructor(peer: Peer) {
    super(peer.session)
    this.peer = peer
    this.tokenId = tokenId(peer.record.token)
    this.instance = instanceId(peer.instance)
  }

  get role(): string {
    return this.peer.record.kind
  }

  get address(): string {
    return this.peer.remoteAddress
  }

  get tokenName(): string | undefined {
    return this.peer.record.policy?.options.name
  }
}
