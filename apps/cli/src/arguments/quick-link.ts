import { UsageError } from '../errors.js'

/** Parts of a URL such as `wss://TOKEN@host:8765/`. */
export interface QuickLink {
  /** URL without the token. */
  readonly url: string
  /** The token; undefined if the URL has none. */
  readonly token: string | undefined
}

/**
 * Separates the token from a server's URL. A user name without a password is a token. With a password it is an account
 * at a web server in front, and stays in the URL.
 *
 * @throws UsageError for a token with wrong percent-encoding; never with the token
 */
export function readQuickLink(text: string): QuickLink {
  const [, scheme, user, rest] = /^([a-z][a-z0-9+.-]*:\/\/)([^/?#@:]+)@(.*)$/is.exec(text) ?? []
  if (scheme === undefined || user === undefined || rest === undefined) return { url: text, token: undefined }
  try {
    return { url: `${scheme}${rest}`, token: decodeURIComponent(user) }
  } catch (cause) {
    throw new UsageError('the token in the URL has a % that is not followed by two hex digits; write %25 for a %', {
      cause,
    })
  }
}

/** URL with the token in it, for one line to paste. */
export function writeQuickLink(url: string, token: string): string {
  return url.replace('://', `://${percentEncode(token)}@`)
}

/** Percent-encodes a token, quotes included: the URL is between quotes in the line. */
function percentEncode(token: string): string {
  return encodeURIComponent(token).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
}
