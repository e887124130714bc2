import type { Answer } from '@ls/observe/http'
import type { TokenStatus } from '../../tokens/token-status.js'
import { version } from '../../version.js'
import type { ApiCall } from '../api-call.js'
import { noPort } from './token-list.js'

/** `GET /api/status`: fields and their order are those of deployed servers, reverse tokens before forward tokens. */
export function showStatus({ server }: ApiCall): Answer {
  const tokens = server.tokens()
  const reverse = tokens.filter(({ kind }) => kind === 'reverse')
  const forward = tokens.filter(({ kind }) => kind === 'forward')
  const body = {
    version: `v${version}`,
    tokens: [...reverse, ...forward].map(describe),
    direct: { enabled: server.allowsDirectPaths },
  }
  return { status: 200, body }
}

function describe({ token, kind, clients, port, connectorTokens = [] }: TokenStatus): object {
  return {
    token,
    type: kind,
    clients_count: clients,
    port: kind === 'reverse' ? (port ?? noPort) : undefined,
    connector_tokens: connectorTokens.length === 0 ? undefined : connectorTokens,
  }
}
