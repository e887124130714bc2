import { TransportError } from '../errors.js'
import { hostOf, placeOf, socketPathOf, toWebSocketUrl } from './url.js'

/** Target of a redirect, and whether it may get the same data as the first server. */
export interface Redirect {
  readonly url: URL
  /** Whether the target is the same host: it gets our headers, credentials and certificate again. */
  readonly trusted: boolean
}

/**
 * Returns the URL to try after `from` answered with `location`.
 *
 * The query contains the token's hash, which opens a link. The same host gets it again on any port, and a step from
 * `ws:` to `wss:` is allowed; `wss:` to `ws:` is refused. Another host gets none of our data: the redirect is followed
 * only if our query holds no token, or if the redirecting server has put one into `location` itself.
 *
 * @throws TransportError `ERR_TRANSPORT_REDIRECTS`
 */
export function resolveRedirect(from: URL, location: string, status: number): Redirect {
  const url = parseLocation(from, location, status)
  if (from.protocol === 'wss:' && url.protocol === 'ws:') {
    throw refused(from, url, status, 'that would send the token unencrypted; give that URL yourself if you mean it')
  }
  const trusted = hostOf(url) === hostOf(from)
  if (trusted) {
    addMissing(url, from.searchParams)
    if (url.username === '' && url.password === '') {
      url.username = from.username
      url.password = from.password
    }
    return { url, trusted }
  }
  if (from.searchParams.has('token') && !url.searchParams.has('token')) {
    throw refused(from, url, status, 'another host does not get the token; give that URL yourself if you trust it')
  }
  return { url, trusted }
}

function parseLocation(from: URL, location: string, status: number): URL {
  if (socketPathOf(from) !== undefined) {
    const message = `${placeOf(from)} redirects (${status}); a server on a UNIX socket cannot redirect`
    throw new TransportError('ERR_TRANSPORT_REDIRECTS', message, { status })
  }
  if (!URL.canParse(location, from.href)) {
    const message = `${placeOf(from)} redirects (${status}) to a location that is no URL`
    throw new TransportError('ERR_TRANSPORT_REDIRECTS', message, { status })
  }
  try {
    return toWebSocketUrl(new URL(location, from), location)
  } catch (cause) {
    const message = `${placeOf(from)} redirects (${status}) to a location that is no ws, wss, http or https URL`
    throw new TransportError('ERR_TRANSPORT_REDIRECTS', message, { cause, status })
  }
}

/** Adds parameters of the query that a redirect omits, as servers often do for a path. */
function addMissing(url: URL, parameters: URLSearchParams): void {
  for (const [name, value] of parameters) {
    if (!url.searchParams.has(name)) url.searchParams.append(name, value)
  }
}

function refused(from: URL, to: URL, status: number, why: string): TransportError {
  const message = `${placeOf(from)} redirects (${status}) to ${placeOf(to)}: ${why}`
  return new TransportError('ERR_TRANSPORT_REDIRECTS', message, { status })
}
