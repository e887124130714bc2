import { textOf } from '@ls/foundation'

/**
 * Codes of a {@link ListenError}. They are those of the system, so that a caller handles a failure in one way, whether
 * it came from this package or from Node; `UNKNOWN` is any other, described by the text and the cause.
 */
export const listenErrorCodes = [
  'EADDRINUSE',
  'EACCES',
  'EADDRNOTAVAIL',
  'ENOTFOUND',
  'ENOENT',
  'ENOTDIR',
  'EMFILE',
  'UNKNOWN',
] as const

/** One of {@link listenErrorCodes}. */
export type ListenErrorCode = (typeof listenErrorCodes)[number]

/** Error for a port or socket file that cannot be opened. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
  /** Stable error code; the text may change. */
  readonly code: ListenErrorCode
  /** The place that was requested: `host:port`, `unix:/path`, or a URL. */
  readonly place: string

  /** @param what Subject at the start of the text: "the proxy port" */
  constructor(what: string, place: string, cause: unknown) {
    const code = codeOf(cause)
    const reasons: Reasons = place.startsWith('unix:') ? pathReasons : portReasons
    super(`${what} cannot listen on ${place}: ${reasons[code] ?? textOf(cause)}`, { cause })
    this.code = code
    this.place = place
  }
}

type Reasons = Readonly<Partial<Record<ListenErrorCode, string>>>

const portReasons: Reasons = {
  EADDRINUSE: 'the port is in use by another program',
  EACCES: 'this user may not open the port (ports below 1024 need more rights)',
  EADDRNOTAVAIL: 'no interface of this machine has that address',
  ENOTFOUND: 'there is no such host name',
  EMFILE: 'too many files are open (ulimit -n)',
}

const pathReasons: Reasons = {
  EADDRINUSE: 'another program listens there, or the path is a file that is no socket',
  // Node also reports ENOENT as EACCES.
  EACCES: 'the folder does not exist, or this user may not write to it',
  ENOENT: 'the folder does not exist',
  ENOTDIR: 'the path leads through a file that is no folder',
}

function codeOf(cause: unknown): ListenErrorCode {
  const { code } = (cause ?? {}) as { readonly code?: unknown }
  return listenErrorCodes.find((known) => known === code) ?? 'UNKNOWN'
}
