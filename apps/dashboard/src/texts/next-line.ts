import type { TokenKind } from '../api/tokens.js'

const roles: Readonly<Record<TokenKind, string>> = { forward: 'client', reverse: 'provider', connector: 'connector' }

/** Command line that links another machine to this server, as `linksocks server` prints it. */
export function nextLine(kind: TokenKind, token: string): string {
  const url = new URL('..', document.baseURI)
  const scheme = url.protocol === 'https:' ? 'wss' : 'ws'
  return `linksocks ${roles[kind]} '${scheme}://${percentEncode(token)}@${url.host}${url.pathname}'`
}

/** Percent-encodes a token, quotes included: the URL is between quotes in the line. */
function percentEncode(token: string): string {
  return encodeURIComponent(token).replaceAll(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)
}
