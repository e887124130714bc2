import { textOf } from '@ls/foundation'
import { type Answer, ApiRefusal, failure } from '@ls/observe/http'
import type { ApiCall } from '../api-call.js'
import { parseLogLevel } from './token-body.js'

/** `GET /api/config`: the settings in force, and those in the file now. Changes nothing. */
export async function showConfiguration({ server }: ApiCall): Promise<Answer> {
  const { showConfiguration: show } = server.configuration
  if (show === undefined) throw new ApiRefusal(409, withoutFile)
  return { status: 200, body: await show() }
}

const withoutFile = 'this server runs without a configuration file'

/** Reads the configuration again. If it has a mistake, nothing changes and the answer names the mistake. */
export async function reloadConfiguration({ server, logger }: ApiCall): Promise<Answer> {
  const { reload } = server.configuration
  if (reload === undefined) throw new ApiRefusal(409, withoutFile)
  try {
    const changes = await reload()
    return { status: 200, body: { success: true, changes } }
  } catch (error) {
    logger.error({}, 'the configuration could not be applied as it was read')
    return failure(422, textOf(error))
  }
}

/** `POST /api/drain`: stops new links and channels; the program ends when the last one is closed. */
export function startDrain({ server, logger }: ApiCall): Answer {
  logger.info({}, 'a drain was requested')
  server.requestDrain()
  return { status: 200, body: { success: true, channels: [...server.channels()].length } }
}

/** `POST /api/restart`: answers after a new process has taken over, or with the reason why none has. */
export async function restartProgram({ requestRestart, logger }: ApiCall): Promise<Answer> {
  if (requestRestart === undefined) throw new ApiRefusal(409, 'this program cannot restart itself')
  logger.info({}, 'a restart was requested')
  try {
    const { pid } = await requestRestart()
    return { status: 200, body: { success: true, pid } }
  } catch (error) {
    return failure(422, textOf(error))
  }
}

/** `POST /api/log-level`: sets another level for the whole log or a part of it, until the program ends. */
export async function setLogLevel({ setLogLevel: set, logger, readBody }: ApiCall): Promise<Answer> {
  if (set === undefined) throw new ApiRefusal(409, 'the log of this program has no level to set')
  const { level, part } = parseLogLevel(await readBody())
  try {
    set(level, part)
  } catch (error) {
    if (error instanceof RangeError) return failure(422, error.message)
    throw error
  }
  logger.info({ logLevel: level, ...(part === undefined ? {} : { part }) }, `the log level is ${level} now`)
  return { status: 200, body: { success: true } }
}
