/**
 * Codes of a {@link DialError}. They are those of the system's own errors, so that a caller handles a failed dial in
 * one way, whether Node or this package detected it: `ENOTFOUND` there is no such name, `EAI_NODATA` the name has no
 * address, `EAI_AGAIN` the name servers gave no answer, `ETIMEDOUT` no address answered in time.
 */
export type DialErrorCode = 'ENOTFOUND' | 'EAI_NODATA' | 'EAI_AGAIN' | 'ETIMEDOUT'

/** Error of a failed dial or lookup, for another reason than an error of a socket. */
export class DialError extends Error {
  /** Stable error code; the text may change. */
  readonly code: DialErrorCode

  constructor(code: DialErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'DialError'
    this.code = code
  }
}

/**
 * Chooses the failure of a dial that describes the target best. `ENETUNREACH` ranks behind a timeout: on a machine
 * without IPv6 every name with an AAAA record has it, and it says nothing about the target.
 */
export function mostInformative(errors: readonly Error[]): Error {
  const [first, ...others] = errors
  if (first === undefined) return new DialError('EAI_NODATA', 'the name has no address')
  return others.reduce((best, error) => (rankOf(error) < rankOf(best) ? error : best), first)
}

const ranks = [
  ['ECONNREFUSED'],
  ['ECONNRESET'],
  ['EHOSTUNREACH', 'EHOSTDOWN'],
  ['ETIMEDOUT'],
  ['ENETUNREACH', 'ENETDOWN', 'EADDRNOTAVAIL', 'EAFNOSUPPORT'],
]

/** Order of name errors: an uncertain answer for one family may contradict the negative answer for another. */
const nameRanks = [['EAI_AGAIN'], ['EAI_NODATA'], ['ENOTFOUND']]

function rankOf(error: Error): number {
  const { code } = error as NodeJS.ErrnoException
  const known = ranks.findIndex((codes) => codes.includes(code ?? ''))
  if (known !== -1) return known
  const ofName = nameRanks.findIndex((codes) => codes.includes(code ?? ''))
  return ofName === -1 ? ranks.length : ranks.length + 1 + ofName
}
