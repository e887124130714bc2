import type { ClientLinkOptions } from '@ls/client'
import { isLoopback } from '@ls/foundation'
import { formatListenAddress, parseListenAddress } from '@ls/relay'
import { parseServerUrl } from '@ls/transport'
import { shorten } from '../arguments/flag-value.js'
import { UsageError } from '../errors.js'
import type { Settings } from '../settings.js'
import type { CommandContext } from './context.js'

type DisguiseSettings = Pick<
  Settings<'client'>,
  | 'fingerprint'
  | 'browserDialer'
  | 'header'
  | 'proxy'
  | 'tlsCa'
  | 'tlsPin'
  | 'tlsClientCert'
  | 'tlsClientKey'
  | 'tlsServerName'
  | 'tlsInsecure'
  | 'url'
>

/** How links are opened, if not in the usual way. */
export interface Disguise {
  readonly options: Pick<ClientLinkOptions, 'connect' | 'proxyFromEnvironment'>
  close(): Promise<void>
}

export interface DisguiseEvents {
  /** Called when waiting links may be dialled. */
  onReady(): void
}

/** Checks the flags. @throws UsageError for flags that exclude each other */
export function checkDisguise(settings: DisguiseSettings): void {
  const { fingerprint, browserDialer, tlsPin, tlsClientCert, tlsClientKey } = settings
  const clientCertificate = {
    '--tls-client-cert': tlsClientCert,
    '--tls-client-key': tlsClientKey,
    '--tls-pin': tlsPin[0],
  }
  if (fingerprint !== 'none') {
    const unfit = firstGiven({ ...clientCertificate, '--browser-dialer': browserDialer })
    if (unfit !== undefined) throw new UsageError(`${unfit} and --fingerprint exclude each other`)
  }
  if (browserDialer === undefined) return
  placeOf(browserDialer)
  const { header, proxy, tlsCa, tlsServerName, tlsInsecure, url } = settings
  const chosenByBrowsers = {
    '--header': header[0],
    '--proxy': proxy[0],
    '--tls-ca': tlsCa,
    '--tls-server-name': tlsServerName,
    '--tls-insecure': tlsInsecure ? '' : undefined,
    ...clientCertificate,
  }
  const unfit = firstGiven(chosenByBrowsers)
  if (unfit !== undefined) {
    throw new UsageError(`${unfit} and --browser-dialer exclude each other: that is for the browser to choose`)
  }
  if (parseServerUrl(url).protocol === 'ws+unix:') throw new UsageError('no browser opens a UNIX socket (--url)')
}

/** Loads and starts what the flags ask for. @throws TransportError when it is not available */
export async function openDisguise(
  { fingerprint, browserDialer }: DisguiseSettings,
  { logger, print }: Pick<CommandContext, 'logger' | 'print'>,
  { onReady }: DisguiseEvents,
): Promise<Disguise> {
  if (fingerprint !== 'none') {
    const { connectAsBrowser } = await import('@ls/disguise')
    return { options: { connect: await connectAsBrowser(fingerprint) }, close: nothing }
  }
  if (browserDialer === undefined) return { options: {}, close: nothing }
  const { host, port } = placeOf(browserDialer)
  if (!isLoopback(host)) {
    const place = formatListenAddress({ host, port })
    logger.warn({}, `--browser-dialer: others reach the page on ${place} too, and everything passes there in clear`)
  }
  const { openBrowserDialer } = await import('@ls/disguise')
  const dialer = await openBrowserDialer({ host, port, logger, onAttached: onReady })
  print(`browser: ${dialer.url}`)
  // The browser has its own proxies.
  return { options: { connect: dialer.connect, proxyFromEnvironment: false }, close: () => dialer.close() }
}

function placeOf(text: string): { readonly host: string; readonly port: number } {
  try {
    const place = parseListenAddress(text)
    if ('port' in place) return place
  } catch {
    // The text also fits an address that browsers cannot reach.
  }
  throw new UsageError(`--browser-dialer is '${shorten(text)}'; it must be HOST:PORT or PORT`)
}

function firstGiven(values: Readonly<Record<string, string | undefined>>): string | undefined {
  return Object.entries(values).find(([, value]) => value !== undefined)?.[0]
}

async function nothing(): Promise<void> {}
