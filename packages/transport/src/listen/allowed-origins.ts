/**
 * Origins of web pages that may talk to a port (RFC 6454). Browsers send the field with every WebSocket and every request
 * that crosses origins; programs do not. Without one, nothing is refused: whoever can leave it out is no web page.
 */
export class AllowedOrigins {
  readonly #origins: ReadonlySet<string>

  /**
   * @param origins As browsers write them, `https://example.org` or `null`.
   * @throws RangeError for what is no origin
   */
  constructor(origins: readonly string[] = []) {
    this.#origins = new Set(origins.map(normalOrigin))
  }

  /** Whether a request with this `Origin` may be served. */
  has(origin: string | undefined): boolean {
    return origin === undefined || this.#origins.has(origin.toLowerCase())
  }

  /** What a web page that is refused is told, one line. */
  refusal(origin = ''): string {
    return `web pages of ${origin.slice(0, 100)} may not use this port; --allow-origin lets them`
  }
}

function normalOrigin(text: string): string {
  if (text === 'null') return text
  const isOrigin = URL.canParse(text) && /^[a-z][a-z0-9+.-]*:\/\/[^/?#@\s]+$/i.test(text)
  if (isOrigin) return text.toLowerCase()
  throw new RangeError(`the origin "${text}" is none; one is written like https://example.org, without a path`)
}
