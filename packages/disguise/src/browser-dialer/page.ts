import { createHash } from 'node:crypto'
import { pageScript } from './page-script.js'

const style = 'body{font:16px/1.5 system-ui,sans-serif;max-width:36em;margin:4em auto;padding:0 1em}'

/** The page that a browser opens so that we can use its WebSockets. It loads nothing. */
export const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>LinkSocks</title>
<link rel="icon" href="data:,">
<style>${style}</style>
<h1>LinkSocks</h1>
<p id="state" role="status">Attaching…</p>
<p>Open links: <span id="links">0</span></p>
<noscript><p>This page needs JavaScript.</p></noscript>
<script>${pageScript}</script>
</html>
`

/** Headers of the page: only its own script may run, no other page may frame it, and its URL is not sent anywhere. */
export const pageHeaders: Readonly<Record<string, string>> = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': [
    "default-src 'none'",
    `script-src '${sourceHash(pageScript)}'`,
    `style-src '${sourceHash(style)}'`,
    'img-src data:',
    // Allows any server that the dialer names.
    'connect-src ws: wss:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'no-store',
}

function sourceHash(source: string): string {
  return `sha256-${createHash('sha256').update(source).digest('base64')}`
}
