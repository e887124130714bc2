import { AllowedOrigins, type UpgradeRequest } from '@ls/transport'

/**
 * Decides which web pages may open links: all, unless a list is given. A link needs a token, so other pages cannot act
 * for the user of the browser; but a token that leaked to the wrong page is of no use there.
 */
export class LinkOrigins {
  readonly #named: AllowedOrigins | undefined

  /** @throws RangeError for an invalid origin */
  constructor(origins: readonly string[] | undefined) {
    this.#named = origins === undefined || origins.length === 0 ? undefined : new AllowedOrigins(origins)
  }

  /** Reason why the page may open no link; undefined if it may, or if the request is not from a page. */
  refusalOf({ headers: { origin, host } }: Pick<UpgradeRequest, 'headers'>): string | undefined {
    if (this.#named === undefined || this.#named.has(origin) || isOwn(origin, host)) return undefined
    return this.#named.refusal(origin)
  }
}

/** Whether the page was loaded from this port, for instance from the folder of `--fallback`. */
function isOwn(origin = '', host = ''): boolean {
  return URL.canParse(origin) && new URL(origin).host === host.toLowerCase()
}
