/**
 * What we call ourselves unless told otherwise: Chrome on Windows, the browser most common on the web. Since version 101
 * browsers write the minor parts of their version as zeros, so this names the release of autumn 2026 and no machine.
 */
export const USER_AGENT =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36'
