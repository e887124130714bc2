/**
 * Chrome's on `system`. Since version 101 browsers write the minor parts of their version as zeros, so this names the
 * release of autumn 2026 and no machine.
 */
export function chromeUserAgent(system: string): string {
  return `Mozilla/5.0 (${system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36`
}

/** What we call ourselves unless told otherwise: Chrome on Windows, the browser most common on the web. */
export const USER_AGENT = chromeUserAgent('Windows NT 10.0; Win64; x64')
