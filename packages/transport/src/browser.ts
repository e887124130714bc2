// What makes a link look like a browser, or runs it in one: most programs need none of it.
export { openBrowserDialer, type BrowserDialer, type BrowserDialerOptions } from './browser-dialer/browser-dialer.js'
export { connectAsBrowser } from './fingerprint/connect-as-browser.js'
export { type Fingerprint, fingerprints } from './fingerprint/fingerprint.js'
