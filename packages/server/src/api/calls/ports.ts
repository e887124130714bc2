import type { Answer } from '@ls/observe/http'
import { formatPlace, formatTarget } from '@ls/relay'
import type { ExposedInfo } from '../../expose/exposed-ports.js'
import { instanceId } from '../../tokens/token-text.js'
import type { ApiCall } from '../api-call.js'

/** `GET /api/ports`: ports and host names that are open for providers. Shows no token's text. */
export function showPorts({ server }: ApiCall): Answer {
  return { status: 200, body: server.exposed.list().map(describe) }
}

function describe({ exposure, token, tokenName, instance, address, openedAtMs, connections }: ExposedInfo): object {
  const { place, target, proxyHeader } = exposure
  return {
    open: formatPlace(place),
    target: formatTarget(target),
    proxy: proxyHeader ?? null,
    token_id: token,
    token_name: tokenName ?? null,
    provider: instance === undefined ? null : instanceId(instance),
    provider_address: address ?? null,
    opened_at: new Date(openedAtMs).toISOString(),
    connections,
  }
}
