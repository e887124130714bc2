import { createHash, timingSafeEqual } from 'node:crypto'

/** Creates the check of the header `X-API-Key`. It takes the same time for all wrong keys of any length. */
export function apiKeyCheck(apiKey: string): (header: string | string[] | undefined) => boolean {
  const expected = digest(Buffer.from(apiKey))
  return (header) => {
    // Node reads header bytes as Latin-1; this restores the sent bytes, usually UTF-8.
    const given = Buffer.from(typeof header === 'string' ? header : '', 'latin1')
    return timingSafeEqual(digest(given), expected)
  }
}

/** Hash of a key, since `timingSafeEqual` needs equal lengths, and the key's length must stay secret. */
function digest(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}
