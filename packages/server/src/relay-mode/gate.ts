import type { AdmissionOptions } from '../links/admission.js'
import type { TokenUses } from '../policy/token-uses.js'
import type { Relay } from './relay.js'

/** What policies and the relay say of clients that come in. */
export function gateOf(
  uses: TokenUses,
  relay: () => Relay | undefined,
  isRelay: boolean,
): Pick<AdmissionOptions, 'permit' | 'assertRoom' | 'newcomer' | 'meter'> {
  return {
    permit: ({ record }, remoteAddress) => {
      // It throws, so it comes before what may reject later.
      relay()?.permit(record, remoteAddress)
      return uses.permit(record, remoteAddress)
    },
    assertRoom: (record, links, newFrom) => {
      uses.of(record)?.assertRoom(links)
      if (newFrom !== undefined) relay()?.assertRoom(record, newFrom)
    },
    newcomer: isRelay ? (visitor) => relay()?.identify(visitor) : undefined,
    meter: (record, address, transport) => relay()?.meter(record, address, transport) ?? transport,
  }
}
