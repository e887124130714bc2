import { validateHeaderName, validateHeaderValue } from 'node:http'
import type { ServerOptions } from '@ls/server'
import { UsageError } from '../errors.js'
import type { Settings } from '../settings.js'
import { asUsage } from './check-settings.js'
import { definedOnly } from './shared-options.js'

type ServerWeb = Pick<
  Settings<'server'>,
  | 'wsPath'
  | 'wisp'
  | 'wsHostName'
  | 'fallback'
  | 'trustedProxy'
  | 'clientAddressHeader'
  | 'proxyProtocol'
  | 'allowOrigin'
>

/** Options for the server's appearance to strangers, and for the proxies that it trusts. */
export function webOptions(settings: ServerWeb): ServerOptions {
  const { wsPath: path, wisp, fallback } = settings
  return {
    ...definedOnly({ path, fallback }),
    wisp,
    hostNames: settings.wsHostName,
    trustedProxies: settings.trustedProxy,
    clientAddressHeader: settings.clientAddressHeader,
    proxyProtocol: settings.proxyProtocol,
    allowOrigins: settings.allowOrigin,
  }
}

/** Header fields that belong to the upgrade itself. */
const reserved = new Set(['connection', 'upgrade', 'content-length', 'transfer-encoding'])

/**
 * Parses fields like `X-Name: value`. @throws UsageError naming the field and what is wrong with it; never the value
 */
export function readHeaders(fields: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(fields.map(readHeader))
}

function readHeader(field: string): [name: string, value: string] {
  const colon = field.indexOf(':')
  if (colon < 1) throw new UsageError('--header: a header is "Name: value"; one has no name or no colon')
  const [name, value] = [field.slice(0, colon).trim(), field.slice(colon + 1).trim()]
  asUsage('--header', () => validateHeaderName(name))
  try {
    validateHeaderValue(name, value)
  } catch (error) {
    throw new UsageError(`--header: the value of ${name} holds a character that headers cannot have`, { cause: error })
  }
  if (reserved.has(name.toLowerCase()) || name.toLowerCase().startsWith('sec-websocket-')) {
    throw new UsageError(`--header: ${name} belongs to the WebSocket itself`)
  }
  return [name, value]
}
