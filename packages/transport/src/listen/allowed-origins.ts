/**
 * Origins of web pages that may use a port (RFC 6454). Browsers send the field with every WebSocket and every request
 * across origins; programs do not. A request without it is allowed, since it cannot come from a web page.
 */
export class AllowedOrigins {
  readonly #origins: ReadonlySet<string>

  /**
   * @param origins Origins as browsers write them, `https://example.org` or `null`.
   * @throws RangeError for an invalid origin
   */
  constructor(origins: readonly string[] = []) {
    this.#origins = new Set(origins.map(normalOrigin))
  }

  /** Whether a request with this `Origin` may be served. */
  has(origin: string | undefined): boolean {
    return origin === undefined || this.#origins.has(origin.toLowerCase())
  }

  /** Returns the text for a refused web page, one line. */
  refusal(origin = ''): string {
    return `web pages of ${origin.slice(0, 100)} may not use this port; --allow-origin lets them`
  }
}

function normalOrigin(text: string): string {
  if (text === 'null') return text
  const isOrigin = URL.canParse(text) && /^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]+$/i.test(text)
  if (isOrigin) return text.toLowerCase()
  throw new RangeError(`"${text}" is no origin; write it like https://example.org, without a path`)
}
