import { asError } from '@ls/foundation'
import { TransportError } from '@ls/transport'
import { systemCodeOf } from '@ls/transport/custom-connect'
import type * as wreq from 'wreq-js'

/** The used part of the package. */
export type Wreq = Pick<typeof wreq, 'createSession' | 'getEmulationHeaders'>

/**
 * Loads the package with the browsers' TLS. It is no dependency, since few users need its prebuilt library of 9 MB.
 *
 * @throws TransportError `ERR_TRANSPORT_FINGERPRINT` when it is not installed or does not load here
 */
export async function loadWreq(load: () => Promise<Wreq> = () => import('wreq-js')): Promise<Wreq> {
  try {
    return await load()
  } catch (thrown) {
    const cause = asError(thrown)
    const missing = systemCodeOf(cause) === 'ERR_MODULE_NOT_FOUND'
    const message = missing
      ? "to look like a browser, the package wreq-js is needed: run 'npm install wreq-js' beside linksocks (with -g, if linksocks is installed that way)"
      : `the package wreq-js does not load on this machine (${process.platform} ${process.arch}): ${cause.message.split('\n', 1)[0]}`
    throw new TransportError('ERR_TRANSPORT_FINGERPRINT', message, { cause })
  }
}
