import type { Settings } from '../settings.js'
import { type ApiPlace, defaultApiSocket, readApiUrl } from './api-call.js'

/**
 * Address of the management API, by the settings.
 *
 * @param target A URL, or `unix:` and a path; it takes precedence over the flags.
 * @throws UsageError for an invalid URL, or without a key
 */
export function apiPlaceOf(
  { api, apiKey, apiSocket = 'default' }: Pick<Settings<'token'>, 'api' | 'apiKey' | 'apiSocket'>,
  target: string | undefined = api,
): ApiPlace {
  if (target?.startsWith(unixPrefix) === true) return { socketPath: target.slice(unixPrefix.length) }
  if (target !== undefined) return readApiUrl(target, apiKey ?? keyIn(target))
  return { socketPath: apiSocket === 'default' ? defaultApiSocket(process.env) : apiSocket }
}

/** Key in a URL: a client prints the address of its dashboard with the key after `#key=`. */
function keyIn(url: string): string | undefined {
  return /#key=(\w+)$/.exec(url)?.[1]
}

const unixPrefix = 'unix:'
