import { textOf } from '@ls/foundation'
import { type Answer, ApiRefusal, failure } from './answer.js'
import type { ApiCall } from './api-call.js'

/** Reads the configuration again. A configuration with a mistake changes nothing, and the answer says which it is. */
export async function reloadConfiguration({ server, logger }: ApiCall): Promise<Answer> {
  const { reload } = server
  if (reload === undefined) throw new ApiRefusal(409, 'this server runs without a configuration file')
  try {
    const changes = await reload()
    return { status: 200, body: { success: true, changes } }
  } catch (error) {
    logger.error({}, 'the configuration is not in force as it was read')
    return failure(422, textOf(error))
  }
}
