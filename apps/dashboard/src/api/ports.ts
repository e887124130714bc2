import { call } from './call.js'

/** A port or host name that the server has open for a provider, as in `GET /api/ports`. */
export interface ExposedPort {
  /** Place: `tcp:PORT`, `udp:PORT`, `http:NAME` or `tls:NAME`. */
  readonly open: string
  /** Target, `host:port` in the network of the provider. */
  readonly target: string
  readonly token_id: string
  /** Name in the policy of the token. */
  readonly token_name: string | null
  readonly opened_at: string
  readonly connections: number
}

/** Lists exposed ports. @throws ApiError */
export function listPorts(signal: AbortSignal): Promise<ExposedPort[]> {
  return call('GET', 'ports', { signal })
}
