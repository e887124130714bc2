import { randomBytes } from 'node:crypto'
import type { LiveLink, MovedBytes } from '@ls/observe'
import type { Peer } from '../links/peer.js'
import { instanceId, tokenId } from '../tokens/token-text.js'

/** A client's link as the live view shows it, with what its ended channels moved. */
export class PeerLink implements LiveLink {
  /** Random: a request that was made for another run of the server must not meet a link of this one. */
  readonly id = randomBytes(8).toString('hex')
  readonly peer: Peer
  readonly openedAtMs: number
  readonly tokenId: string
  readonly instance: string
  readonly ended = { bytesToTarget: 0, bytesFromTarget: 0 }
  #connections = 0

  constructor(peer: Peer) {
    this.peer = peer
    this.openedAtMs = peer.session.options.clock.now()
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

  get up(): boolean {
    return this.peer.session.linked
  }

  get resumes(): number {
    return Math.max(0, this.#connections - 1)
  }

  get roundTripMs(): number | undefined {
    return this.peer.session.roundTripMs()
  }

  get extensions(): readonly string[] {
    const { window, fin, resume } = this.peer.session.options
    return Object.entries({ window, fin, resume }).flatMap(([name, inForce]) => (inForce ? [name] : []))
  }

  get replayBytes(): number {
    return this.peer.session.replayBytes
  }

  /** A connection is up; returns whether it is the first. */
  connected(): boolean {
    return ++this.#connections === 1
  }

  /** A channel over it has ended. */
  add({ bytesToTarget, bytesFromTarget }: MovedBytes): void {
    this.ended.bytesToTarget += bytesToTarget
    this.ended.bytesFromTarget += bytesFromTarget
  }
}
