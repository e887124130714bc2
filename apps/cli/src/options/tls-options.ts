import { readLimitedFile } from '@ls/dial'
import type { ServerOptions } from '@ls/server'
import { type ConnectOptions, maxPemBytes, parseKeyPin } from '@ls/transport'
import { UsageError } from '../errors.js'
import { messageOf } from '../output/describe-error.js'
import type { Settings } from '../settings.js'
import { asUsage } from './check-settings.js'
import { definedOnly } from './shared-options.js'

type ServerTls = Pick<Settings<'server'>, 'tlsCert' | 'tlsKey' | 'tlsClientCa'> &
  Partial<Pick<Settings<'server'>, 'tlsSelfSigned' | 'tlsDomain'>>
type ClientTls = Pick<
  Settings<'client'>,
  'tlsCa' | 'tlsPin' | 'tlsClientCert' | 'tlsClientKey' | 'tlsServerName' | 'tlsInsecure' | 'url'
>

/** Certificate of the server. @throws UsageError for half of a pair */
export function serverTls(settings: ServerTls): Pick<ServerOptions, 'tls'> {
  const { tlsCert, tlsKey, tlsClientCa, tlsSelfSigned = false, tlsDomain = [] } = settings
  if (tlsCert !== undefined && tlsKey !== undefined) {
    return { tls: { certFile: tlsCert, keyFile: tlsKey, ...definedOnly({ clientCaFile: tlsClientCa }) } }
  }
  const missing = [tlsCert === undefined ? '--tls-cert' : '', tlsKey === undefined ? '--tls-key' : ''].filter(Boolean)
  // Without TLS, a request for client certificates would have no effect, and the port would be open to all clients.
  const isMade = tlsSelfSigned || tlsDomain.length > 0
  const given = [tlsCert, tlsKey, isMade ? undefined : tlsClientCa].filter((file) => file !== undefined)
  if (given.length > 0) throw new UsageError(`${missing.join(' and ')} missing: TLS needs a certificate and its key`)
  return {}
}

/** TLS options of the client. @throws UsageError for half of a pair, and for a file that cannot be read */
export function clientTls(settings: ClientTls): NonNullable<ConnectOptions['tls']> {
  const { tlsCa, tlsClientCert, tlsClientKey, tlsServerName, tlsInsecure } = settings
  if ((tlsClientCert === undefined) !== (tlsClientKey === undefined)) {
    const [given, missing] = tlsClientCert === undefined ? ['key', 'cert'] : ['cert', 'key']
    throw new UsageError(`--tls-client-${given} needs --tls-client-${missing} as well`)
  }
  return {
    ...definedOnly({
      ca: readPem('--tls-ca', tlsCa),
      cert: readPem('--tls-client-cert', tlsClientCert),
      key: readPem('--tls-client-key', tlsClientKey),
      servername: tlsServerName,
    }),
    ...(settings.tlsPin.length === 0 ? {} : { pins: asUsage('--tls-pin', () => settings.tlsPin.map(parseKeyPin)) }),
    ...(tlsInsecure ? { rejectUnauthorized: false } : {}),
  }
}

/** Warnings to show at each start. */
export function tlsWarnings(settings: ClientTls): readonly string[] {
  const { tlsCa, tlsPin, tlsClientCert, tlsClientKey, tlsServerName, tlsInsecure, url } = settings
  const isPlain = /^(?:ws|http|ws\+unix):/i.test(url)
  const files = [tlsCa, tlsPin[0], tlsClientCert, tlsClientKey, tlsServerName]
  const given = files.some((value) => value !== undefined) || tlsInsecure
  if (isPlain && given) return ['the --tls- flags have no effect: --url (-u) is without TLS; write wss://']
  // A pinned key is still checked.
  if (!tlsInsecure || tlsPin.length > 0) return []
  return [
    '--tls-insecure: THE CERTIFICATE OF THE SERVER IS NOT CHECKED; anyone on the path can read and change everything, and learns the token',
  ]
}

function readPem(flag: string, file: string | undefined): string | undefined {
  if (file === undefined) return undefined
  const text = readText(flag, file)
  // Node ignores issuers in another form, and every certificate would then seem to be of an unknown issuer.
  if (!text.includes('-----BEGIN '))
    throw new UsageError(`${flag}: ${file} is not in PEM form: no line begins with -----BEGIN`)
  return text
}

function readText(flag: string, file: string): string {
  try {
    return readLimitedFile(file, maxPemBytes).toString()
  } catch (error) {
    throw new UsageError(`${flag}: cannot read ${file}: ${messageOf(error)}`, { cause: error })
  }
}
