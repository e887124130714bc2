export { openBrowserDialer, type BrowserDialer, type BrowserDialerOptions } from './browser-dialer/browser-dialer.js'
export { connectAsBrowser } from './fingerprint/connect-as-browser.js'
export { type Fingerprint, fingerprints } from './fingerprint/fingerprint.js'
