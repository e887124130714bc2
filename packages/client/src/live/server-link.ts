import type { Session } from '@ls/mux'
import type { LiveLink } from '@ls/observe'
import { SessionLink } from '@ls/relay'

/** A client's link as the live view shows it. */
export class ServerLink extends SessionLink implements LiveLink {
  readonly role: string
  readonly address: string
  readonly instance = ''
  readonly tokenId = undefined
  readonly tokenName = undefined

  /** @param address Address of the peer. */
  constructor(session: Session, role: string, address: string) {
    super(session)
    this.role = role
    this.address = address
  }
}
