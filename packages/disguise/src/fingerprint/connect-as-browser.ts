import type { MessageTransport } from '@ls/mux'
import { type ClientTlsOptions, type Connect, connect, type ConnectOptions, parseServerUrl } from '@ls/transport'
import { checkServerUrl, validHeaders } from '@ls/transport/custom-connect'
import { browserHeaders } from './browser-headers.js'
import type { Engine } from './engine.js'
import { fingerprints, type Fingerprint } from './fingerprint.js'
import { impersonateEngine } from './impersonate-engine.js'
import { loadImpersonate } from './load-impersonate.js'
import { loadWreq } from './load-wreq.js'
import { profiles } from './profiles.js'
import { wreqEngine } from './wreq-engine.js'

/**
 * Makes a `connect` whose links look like a browser's: by the headers of the upgrade and, over TLS, by the ClientHello.
 * Proxies and `dial` work as usual; redirects are not followed. Of `tls` it accepts `ca`, `servername` and
 * `rejectUnauthorized`: it rejects with a TypeError for others, which would change the fingerprint or, as `pins`, have
 * no effect.
 *
 * For `chrome` it uses tls-impersonate if that is installed and Node supports it (26.4 and later), otherwise wreq-js,
 * which cannot ping, so those links have no heartbeat.
 *
 * @throws TypeError for an unknown browser, TransportError `ERR_TRANSPORT_FINGERPRINT` without these packages
 *
 * @example
 * ```ts
 * const connect = await connectAsBrowser('chrome')
 * const transport = await connect({ url: 'wss://proxy.example.com' })
 * ```
 */
export async function connectAsBrowser(browser: Fingerprint): Promise<Connect> {
  if (!fingerprints.includes(browser)) {
    throw new TypeError(`there is no fingerprint '${browser as string}', only ${fingerprints.join(', ')}`)
  }
  const engine = impersonateEngine(await loadImpersonate(), browser) ?? wreqEngine(await loadWreq(), browser)
  return connectOver(engine, browser)
}

/** Makes the function of {@link connectAsBrowser}, with the TLS of this engine. */
export function connectOver(engine: Engine, browser: Fingerprint): Connect {
  return (options) => open(engine, browser, options)
}

async function open(engine: Engine, browser: Fingerprint, options: ConnectOptions): Promise<MessageTransport> {
  checkTls(options.tls ?? {})
  const { url, headers } = request(engine.userAgent, browser, options)
  if (url.protocol === 'wss:') return engine.open({ options, url, headers })
  // Without TLS only the headers identify us, and Node can send those.
  return connect({ ...options, url, headers: Object.fromEntries(headers), maxRedirects: 0 })
}

/** Returns URL and headers of the upgrade, with the URL's credentials in a header. */
function request(
  userAgent: string,
  browser: Fingerprint,
  options: ConnectOptions,
): { readonly url: URL; readonly headers: [name: string, value: string][] } {
  const given = typeof options.url === 'string' ? parseServerUrl(options.url) : checkServerUrl(options.url)
  const url = new URL(given)
  url.username = ''
  url.password = ''
  const named = new URL(url)
  if (url.protocol === 'wss:') named.hostname = options.tls?.servername ?? url.hostname
  const headers = browserHeaders(profiles[browser], {
    host: named.host === '' ? undefined : named.host,
    secure: url.protocol === 'wss:',
    userAgent,
    given: { ...credentialsOf(given), ...validHeaders(options.headers ?? {}) },
  })
  return { url, headers }
}

/** Options of TLS that leave the ClientHello as it is. `minVersion` is the browser's own unless it is 1.3. */
const kept: ReadonlySet<string> = new Set<keyof ClientTlsOptions>([
  'ca',
  'rejectUnauthorized',
  'servername',
  'minVersion',
])

/** Checks the options. @throws TypeError for one that would change the ClientHello, or that no engine uses. */
function checkTls(tls: ClientTlsOptions): void {
  // A pin without effect would be worst: its user believes that only this key is accepted.
  const unfit = Object.entries(tls).find(([name, value]) => !kept.has(name) && isGiven(value))
  if (unfit !== undefined) throw new TypeError(`tls.${unfit[0]} and a browser's fingerprint exclude each other`)
  if (tls.minVersion === 'TLSv1.3') {
    throw new TypeError(
      "tls.minVersion TLSv1.3 and a browser's fingerprint exclude each other: browsers offer TLS 1.2 too",
    )
  }
  if (tls.servername === '') throw new TypeError('tls.servername is empty, and browsers always send a server name')
}

function isGiven(value: unknown): boolean {
  return value !== undefined && !(Array.isArray(value) && value.length === 0)
}

function credentialsOf({ username, password }: URL): Readonly<Record<string, string>> {
  if (username === '' && password === '') return {}
  const account = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { Authorization: `Basic ${Buffer.from(account).toString('base64')}` }
}
