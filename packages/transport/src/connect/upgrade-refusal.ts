import type { IncomingMessage } from 'node:http'
import { TransportError } from '../errors.js'
import { placeOf, printable } from './url.js'

const upgradeHeaders =
  'a reverse proxy in between may not pass on the Upgrade and Connection headers ' +
  '(nginx: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection "upgrade")'
const backend = 'the reverse proxy answers, but not the server behind it: is that one running?'

/** The usual cause of each status, and its remedy. */
const causes: Readonly<Record<number, string>> = {
  200: 'a plain web page: wrong path, a captive portal (sign in with a browser), or a proxy that drops the Upgrade header',
  400: `not understood: ${upgradeHeaders}`,
  401: 'it requires credentials: something in front of the server asks for a password, or the token is not valid there',
  403: 'access denied, by the server or by something in front of it: is this address allowed?',
  404: 'wrong path? LinkSocks servers listen at /socket',
  405: 'wrong path? The server there does not accept GET',
  407: 'a proxy on the way requires credentials',
  421: 'the host name does not match the certificate that was used: connect by the right name',
  426: `it sees no WebSocket request: ${upgradeHeaders}`,
  429: 'too many attempts: wait before the next',
  502: backend,
  503: 'overloaded or down for maintenance: try again later',
  504: backend,
  521: backend,
  522: backend,
  523: backend,
}

/** First bytes shown of a refusal's text: enough for a sentence. */
const maxDetailLength = 200

/** Head of an answer. */
export type AnswerHead = Pick<IncomingMessage, 'statusCode' | 'statusMessage' | 'headers'>

/** Converts an answer other than 101 to an error that names the server, the cause and the remedy. */
export function upgradeRefused(url: URL, response: AnswerHead, body: string): TransportError {
  const { statusCode: status = 0, statusMessage = '', headers } = response
  const server = headers['server'] === undefined ? '' : ` (${printable(String(headers['server']), 60)})`
  const detail = printable(body, maxDetailLength)
  const said = detail === '' ? '' : ` It said: ${detail}`
  const cause = causes[status] ?? 'it does not open a WebSocket there'
  const end = cause.endsWith('?') ? '' : '.'
  const message = `${placeOf(url)} answered ${status} ${printable(statusMessage, 60)}${server}: ${cause}${end}${said}`
  return new TransportError('ERR_TRANSPORT_UPGRADE_REFUSED', message, { status })
}
