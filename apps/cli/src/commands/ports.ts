import { callApi } from '../api/api-call.js'
import { apiPlaceOf } from '../api/api-place.js'
import { exitCode, type ExitCode } from '../exit-code.js'
import type { Settings } from '../settings.js'
import type { CommandContext } from './context.js'

/** Lists the ports and host names that a running server has open for providers. */
export async function runPorts(
  settings: Settings<'ports'>,
  { print }: Pick<CommandContext, 'print'>,
): Promise<ExitCode> {
  const ports = (await callApi(apiPlaceOf(settings), { method: 'GET', path: '/api/ports' })) as ListedPort[]
  if (settings.json) print(JSON.stringify(ports))
  else for (const port of ports) print(lineOf(port))
  return exitCode.ok
}

interface ListedPort {
  readonly open: string
  readonly target: string
  readonly token_id: string
  readonly token_name: string | null
  readonly provider_address: string | null
  readonly opened_at: string
  readonly connections: number
}

function lineOf({
  open,
  target,
  token_id: id,
  token_name: name,
  provider_address: address,
  opened_at: since,
  connections,
}: ListedPort) {
  const asker = address === null ? 'the server itself' : `provider ${address}`
  return `${open} -> ${target}  token ${name ?? id}, ${asker}, since ${since}, ${connections} connections`
}
