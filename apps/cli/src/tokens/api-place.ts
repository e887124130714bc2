import type { Settings } from '../settings.js'
import { type ApiPlace, defaultApiSocket, readApiUrl } from './api-call.js'

/**
 * Where the management API is, by the settings.
 *
 * @param target A URL, or `unix:` and a path; it counts more than the flags.
 * @throws UsageError for a URL that is none, or without a key
 */
export function apiPlaceOf(
  { api, apiKey, apiSocket = 'default' }: Pick<Settings<'token'>, 'api' | 'apiKey' | 'apiSocket'>,
  target: string | undefined = api,
): ApiPlace {
  if (target?.startsWith(unixPrefix) === true) return { socketPath: target.slice(unixPrefix.length) }
  if (target !== undefined) return readApiUrl(target, apiKey ?? keyIn(target))
  return { socketPath: apiSocket === 'default' ? defaultApiSocket(process.env) : apiSocket }
}

/** A client prints the address of its dashboard with the key behind `#key=`. */
function keyIn(url: string): string | undefined {
  return /#key=(\w+)$/.exec(url)?.[1]
}

const unixPrefix = 'unix:'
