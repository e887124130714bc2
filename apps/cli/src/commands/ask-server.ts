import { asError } from '@ls/foundation'
import { callApi } from '../api/api-call.js'
import { apiPlaceOf } from '../api/api-place.js'
import { UsageError } from '../errors.js'
import { exitCode, type ExitCode } from '../exit-code.js'
import { parseLogLevel } from '../output/log/log-levels.js'
import { stepMs } from '../restart/succession.js'
import type { Settings } from '../settings.js'
import type { CommandContext } from './context.js'

/** Flags for access to the API. */
type ApiSettings = Pick<Settings<'token'>, 'api' | 'apiKey' | 'apiSocket'>

/** `linksocks drain`: makes a running server accept nothing new, and end when nothing is open any more. */
export async function runDrain(settings: ApiSettings, { print }: Pick<CommandContext, 'print'>): Promise<ExitCode> {
  const place = apiPlaceOf(settings)
  const { channels } = (await callApi(place, { method: 'POST', path: '/api/drain' })) as { channels: number }
  print(`draining: ${channels === 1 ? '1 connection is' : `${channels} connections are`} open`)
  return exitCode.ok
}

/** `linksocks restart`: makes a new process take over from a running server; ends after that. */
export async function runRestart(settings: ApiSettings, { print }: Pick<CommandContext, 'print'>): Promise<ExitCode> {
  const request = { method: 'POST', path: '/api/restart', answerMs: restartMs } as const
  const { pid } = (await callApi(apiPlaceOf(settings), request)) as { pid: number }
  print(`restarted: process ${pid} has taken over`)
  return exitCode.ok
}

/** `linksocks log-level LEVEL [PART]`: changes how much a running server logs. */
export async function runLogLevel([level, part, extra]: readonly string[], settings: ApiSettings): Promise<ExitCode> {
  if (level === undefined) throw new UsageError('log-level needs the level: linksocks log-level debug')
  if (extra !== undefined) throw new UsageError('log-level needs a level, and accepts the name of one part')
  checkLevel(level)
  const body = part === undefined ? { level } : { level, part }
  await callApi(apiPlaceOf(settings), { method: 'POST', path: '/api/log-level', body })
  return exitCode.ok
}

/** The server checks the level as well, but its refusal is no usage error. */
function checkLevel(level: string): void {
  try {
    parseLogLevel(level)
  } catch (error) {
    throw new UsageError(asError(error).message)
  }
}

/**
 * Time until a server reports whether a new process has taken over, in milliseconds: both steps, and a moment for the
 * answer.
 */
const restartMs = 2 * stepMs + 10_000
