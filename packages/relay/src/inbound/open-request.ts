import type { OpenRequest, Session } from '@ls/mux'
import type { OpenChannelRequest } from './opener.js'

/** What a session is asked for. */
export function openRequest(session: Session, { protocol, address }: OpenChannelRequest): OpenRequest {
  // Deployed servers in agent mode handle Connect and the Data behind it at the same time (protocol.md §1).
  const earlyData = session.options.window
  return { protocol, earlyData, ...(address === undefined ? {} : { address }) }
}
