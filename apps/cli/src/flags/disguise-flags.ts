import type { Flag } from '../flag.js'
import { dialling } from './scopes.js'

/** Flags for the appearance of links on the network: docs/guide/looking-like-a-browser.md. */
export const disguiseFlags = [
  {
    name: 'fingerprint',
    type: 'string',
    placeholder: 'BROWSER',
    default: 'none',
    choices: ['none', 'chrome', 'firefox', 'safari', 'edge'],
    commands: dialling,
    section: 'Web',
    help: 'Look like this browser, by ClientHello and headers; needs wreq-js, or tls-impersonate for chrome',
  },
  {
    name: 'browser-dialer',
    type: 'string',
    placeholder: 'HOST:PORT',
    commands: dialling,
    section: 'Web',
    help: 'Reach the server through a browser: serve it a page there, such as 127.0.0.1:8080, and print the URL to open',
  },
] as const satisfies readonly Flag[]
