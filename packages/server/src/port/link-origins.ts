import { AllowedOrigins, type UpgradeRequest } from '@ls/transport'

/**
 * Which web pages may open links: all, unless some are named. A link needs a token, so the others cannot do what the
 * user of the browser could; but a token that got into the wrong page is of no use there.
 */
export class LinkOrigins {
  readonly #named: AllowedOrigins | undefined

  /** @throws RangeError for an invalid origin */
  constructor(origins: readonly string[] | undefined) {
    this.#named = origins === undefined || origins.length === 0 ? undefined : new AllowedOrigins(origins)
  }

  /** Why the page may open no link; undefined if it may, or if no page asks. */
  refusalOf({ headers: { origin, host } }: Pick<UpgradeRequest, 'headers'>): string | undefined {
    if (this.#named === undefined || this.#named.has(origin) || isOwn(origin, host)) return undefined
    return this.#named.refusal(origin)
  }
}

/** The page was loaded from this very port, for instance from the folder of `--fallback`. */
function isOwn(origin = '', host = ''): boolean {
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase()
}
