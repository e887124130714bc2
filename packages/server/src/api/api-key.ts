import { createHash, timingSafeEqual } from 'node:crypto'

/** Makes the check of the header `X-API-Key`. It takes the same time for all wrong keys, whatever their length. */
export function apiKeyCheck(apiKey: string): (header: string | string[] | undefined) => boolean {
  const expected = digest(Buffer.from(apiKey))
  return (header) => {
    // Node reads header bytes as Latin-1; as bytes again they are what the caller sent, UTF-8 as a rule.
    const given = Buffer.from(typeof header === 'string' ? header : '', 'latin1')
    return timingSafeEqual(digest(given), expected)
  }
}

/** Hashed, since `timingSafeEqual` wants equal lengths and must not tell the key's. */
function digest(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}
