import type { SecureContextOptions } from 'node:tls'
import { connect } from '@ls/transport'
import { chromeUserAgent } from '@ls/transport/custom-connect'
import { chromiumHello } from './chromium-hello.js'
import type { Engine } from './engine.js'
import type { Fingerprint } from './fingerprint.js'
import type { Impersonate } from './load-impersonate.js'

/** Extension number of RFC 8422 §5.1.2; OpenSSL lists formats there that browsers do not, which JA4 ignores. */
const ecPointFormats = 11

const systems: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  win32: 'Windows NT 10.0; Win64; x64',
  darwin: 'Macintosh; Intel Mac OS X 10_15_7',
}

/**
 * Makes an engine of Node's own TLS with Chrome's ClientHello. Undefined for other browsers, and if Node's OpenSSL
 * lacks a part, as before Node 26.4.
 */
export function impersonateEngine(impersonate: Impersonate | undefined, browser: Fingerprint): Engine | undefined {
  if (impersonate === undefined || browser !== 'chrome') return undefined
  const { unsupported } = impersonate.impersonate(chromiumHello())
  if (unsupported.some(({ id }) => id !== ecPointFormats)) return undefined
  return {
    userAgent: chromeUserAgent(systems[process.platform] ?? 'X11; Linux x86_64'),
    open: ({ options, url, headers }) => {
      const { ca, rejectUnauthorized, servername } = options.tls ?? {}
      const trusted: SecureContextOptions = ca === undefined ? {} : { ca }
      const { secureContext, requestOCSP } = impersonate.impersonate(chromiumHello(), trusted).tlsOptions
      return connect({
        ...options,
        url,
        headers: Object.fromEntries(headers),
        maxRedirects: 0,
        tls: {
          secureContext,
          ...(requestOCSP === undefined ? {} : { requestOCSP }),
          ...(rejectUnauthorized === undefined ? {} : { rejectUnauthorized }),
          ...(servername === undefined ? {} : { servername }),
        },
      })
    },
  }
}
