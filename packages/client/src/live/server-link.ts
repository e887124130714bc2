import type { Session } from '@ls/mux'
import type { LiveLink } from '@ls/observe'
import { SessionLink } from '@ls/relay'

/** A client's link as the live view shows it. */
export class ServerLink extends SessionLink implements LiveLink {
  readonly role: string
  readonly instance = ''
  readonly tokenId = undefined
  readonly tokenName = undefined

  readonly #addressNow: () => string

  /** @param addressNow Address of the peer, or its kind of direct path. */
  constructor(session: Session, role: string, addressNow: () => string) {
    super(session)
    this.role = role
    this.#addressNow = addressNow
  }

  get address(): string {
    return this.#addressNow()
  }
}
