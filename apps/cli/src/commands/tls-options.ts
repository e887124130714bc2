import { readFileSync } from 'node:fs'
import type { ServerOptions } from '@ls/server'
import type { ConnectOptions } from '@ls/transport'
import { messageOf } from '../describe-error.js'
import { UsageError } from '../errors.js'
import type { Settings } from '../settings.js'
import { definedOnly } from './shared-options.js'

type ServerTls = Pick<Settings<'server'>, 'tlsCert' | 'tlsKey' | 'tlsClientCa'>
type ClientTls = Pick<
  Settings<'client'>,
  'tlsCa' | 'tlsClientCert' | 'tlsClientKey' | 'tlsServerName' | 'tlsInsecure' | 'url'
>

/** Where the server's certificate is. @throws UsageError for half of what it takes */
export function serverTls({ tlsCert, tlsKey, tlsClientCa }: ServerTls): Pick<ServerOptions, 'tls'> {
  if (tlsCert !== undefined && tlsKey !== undefined) {
    return { tls: { certFile: tlsCert, keyFile: tlsKey, ...definedOnly({ clientCaFile: tlsClientCa }) } }
  }
  const missing = [tlsCert === undefined ? '--tls-cert' : '', tlsKey === undefined ? '--tls-key' : ''].filter(Boolean)
  // Without TLS a wish for client certificates would leave the port open to everyone.
  const given = [tlsCert, tlsKey, tlsClientCa].filter((file) => file !== undefined)
  if (given.length > 0) throw new UsageError(`${missing.join(' and ')} missing: TLS takes a certificate and its key`)
  return {}
}

/** What the client is told about TLS. @throws UsageError for half of a pair, and for a file that cannot be read */
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
    ...(tlsInsecure ? { rejectUnauthorized: false } : {}),
  }
}

/** What a person should read at each start. */
export function tlsWarnings(settings: ClientTls): readonly string[] {
  const { tlsCa, tlsClientCert, tlsClientKey, tlsServerName, tlsInsecure, url } = settings
  const isPlain = /^(?:ws|http|ws\+unix):/i.test(url)
  const given = [tlsCa, tlsClientCert, tlsClientKey, tlsServerName].some((value) => value !== undefined) || tlsInsecure
  if (isPlain && given) return ['the --tls- flags have no effect: --url (-u) is without TLS; write wss://']
  if (!tlsInsecure) return []
  return [
    '--tls-insecure: THE CERTIFICATE OF THE SERVER IS NOT CHECKED; whoever is in between can read and change everything, and learns the token',
  ]
}

function readPem(flag: string, file: string | undefined): string | undefined {
  if (file === undefined) return undefined
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new UsageError(`${flag}: cannot read ${file}: ${messageOf(error)}`, { cause: error })
  }
}
