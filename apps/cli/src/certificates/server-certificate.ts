import { join } from 'node:path'
import { systemClock } from '@ls/foundation'
import type { ServerOptions } from '@ls/server'
import type { KeyPin } from '@ls/transport'
import type { CommandContext } from '../commands/context.js'
import { UsageError } from '../errors.js'
import { aborted } from '../life/stop-signals.js'
import { serverTls } from '../options/tls-options.js'
import type { Settings } from '../settings.js'
import { stateFolder } from './state-folder.js'

type CertificateSettings = Pick<
  Settings<'server'>,
  | 'tlsCert'
  | 'tlsClientCa'
  | 'tlsSelfSigned'
  | 'tlsDomain'
  | 'acmeDirectory'
  | 'acmeEmail'
  | 'acmeListen'
  | 'stateFolder'
  | 'wsHost'
  | 'wsHostName'
>

/** The server's certificate, from any source. */
export interface ServerCertificate {
  /** TLS options; empty if the certificate is in the files of the flags, or if there is none. */
  readonly options: Pick<ServerOptions, 'tls'>
  /** Pin for clients that have no other way to check the certificate. */
  readonly pin?: KeyPin
  close(): void
}

/**
 * Gets the certificate that the flags ask for: from files, self-signed, or from an authority. Code that creates
 * certificates is loaded only if needed.
 *
 * @throws UsageError for flags that exclude each other, Error if there is no certificate
 */
export async function openServerCertificate(
  settings: CertificateSettings,
  context: Pick<CommandContext, 'logger' | 'worker' | 'stop'>,
): Promise<ServerCertificate> {
  const { tlsCert, tlsClientCa, tlsSelfSigned, tlsDomain } = settings
  const ways = {
    '--tls-cert': tlsCert !== undefined,
    '--tls-self-signed': tlsSelfSigned,
    '--tls-domain': tlsDomain.length > 0,
  }
  const [first, second] = Object.entries(ways).flatMap(([flag, isGiven]) => (isGiven ? [flag] : []))
  if (second !== undefined)
    throw new UsageError(`${first} and ${second} exclude each other: the server shows one certificate`)
  if (tlsDomain.length > 0) return fromAuthority(settings, context)
  if (!tlsSelfSigned) return { options: {}, close: () => {} }

  const { selfSignedCertificate } = await import('./self-signed.js')
  const folder = stateFolder(settings.stateFolder, process.env)
  const { certFile, keyFile, pin } = await selfSignedCertificate(folder, settings.wsHostName)
  return { options: serverTls({ tlsCert: certFile, tlsKey: keyFile, tlsClientCa }), pin, close: () => {} }
}

/** Orders the certificate, or as a worker reads and watches the files of its parent. */
async function fromAuthority(
  settings: CertificateSettings,
  { logger, worker, stop }: Pick<CommandContext, 'logger' | 'worker' | 'stop'>,
): Promise<ServerCertificate> {
  const {
    tlsDomain: names,
    tlsClientCa,
    acmeDirectory: directoryUrl = letsEncrypt,
    acmeEmail: email,
    acmeListen: httpPort,
  } = settings
  checkNames(names, directoryUrl)
  const { AcmeCertificate, acmeFiles } = await import('./acme-certificate.js')
  const folder = join(stateFolder(settings.stateFolder, process.env), 'acme')
  const { certFile, keyFile } = acmeFiles(folder, names)
  const { tls } = serverTls({ tlsCert: certFile, tlsKey: keyFile, tlsClientCa })
  if (worker !== undefined) return { options: { tls }, close: () => {} }
  const { acmeOrder } = await import('./acme-order.js')
  const httpHost = challengeHost(settings.wsHost)
  const order = acmeOrder({ directoryUrl, names, email, folder, httpHost, httpPort, logger })
  const certificate = new AcmeCertificate({ folder, names, order, clock: systemClock, logger })
  // An authority that does not answer is asked for more than a minute, longer than a user waits after Ctrl-C.
  await Promise.race([certificate.start(), aborted(stop)])
  return { options: { tls }, close: () => certificate.close() }
}

const letsEncrypt = 'https://acme-v02.api.letsencrypt.org/directory'

/**
 * Host for challenges. Behind a reverse proxy on this machine the port for links may be a UNIX socket; challenges still
 * come over TCP.
 */
function challengeHost(wsHost: string): string {
  return wsHost.startsWith('unix:') ? '127.0.0.1' : wsHost
}

/** Checks names. @throws UsageError for one that no authority would accept, or that could lead out of the folder */
function checkNames(names: readonly string[], directoryUrl: string): void {
  for (const name of names) {
    if (hostName.test(name) && name.length <= maxNameLength) continue
    throw new UsageError(`--tls-domain is '${name.slice(0, 60)}'; it must be a host name such as proxy.example.org`)
  }
  if (!URL.canParse(directoryUrl))
    throw new UsageError(`--acme-directory is '${directoryUrl.slice(0, 60)}'; it must be a URL`)
}

/** RFC 1123 §2.1; HTTP-01 has no wildcards (RFC 8555 §7.1.3). */
const hostName = /^[a-z\d](?:[a-z\d-]*[a-z\d])?(?:\.[a-z\d](?:[a-z\d-]*[a-z\d])?)*$/i

/** Longest name, in characters (RFC 1035 §2.3.4). */
const maxNameLength = 253
