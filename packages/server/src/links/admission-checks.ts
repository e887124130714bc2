import type { TokenUses } from '../policy/token-uses.js'
import type { Relay } from '../relay-mode/relay.js'
import type { Tickets } from '../tickets/tickets.js'
import type { LinkAdmissionOptions } from './admission.js'

interface AdmissionCheckers {
  readonly uses: TokenUses
  readonly tickets: Tickets
  /** The relay, once it exists. */
  relay(): Relay | undefined
  /** Whether the server is a relay, which it knows before {@link relay}. */
  readonly isRelay: boolean
}

/** Checks of policies and the relay for clients that connect. */
export function admissionChecks({
  uses,
  tickets,
  relay,
  isRelay,
}: AdmissionCheckers): Pick<LinkAdmissionOptions, 'findAccess' | 'permit' | 'assertRoom' | 'newcomer' | 'meter'> {
  return {
    findAccess: (shownHash) => tickets.find(shownHash),
    permit: (identity, remoteAddress, origin) => {
      const { record } = identity
      // It throws, so it comes before the checks that may reject later.
      relay()?.permit(record, remoteAddress)
      const claimed = tickets.claim(identity, origin)
      return claimed === undefined
        ? uses.permit(record, remoteAddress)
        : claimed.then(() => uses.permit(record, remoteAddress))
    },
    assertRoom: (record, links, newFrom) => {
      uses.of(record)?.assertRoom(links)
      if (newFrom !== undefined) relay()?.assertRoom(record, newFrom)
    },
    newcomer: isRelay ? (client) => relay()?.identify(client) : undefined,
    meter: (record, address, transport) => relay()?.meter(record, address, transport) ?? transport,
  }
}
