import { textOf } from '@ls/foundation'
import { formatListenAddress, type ListenAddress } from './listen-address.js'

/** A port that cannot be opened; `code` is Node's (EADDRINUSE, EACCES, EADDRNOTAVAIL…). */
export class ListenError extends Error {
  override readonly name = 'ListenError'
  /** Stable error code; the text may change. */
  readonly code: string
  /** The address that could not be opened. */
  readonly address: ListenAddress

  constructor(message: string, code: string, address: ListenAddress, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.address = address
  }
}

/** Formats in one line why `what` cannot listen. */
export function listenError(error: unknown, what: string, address: ListenAddress): ListenError {
  const code = (error as { code?: string }).code ?? 'UNKNOWN'
  const reasons = 'path' in address ? pathReasons : portReasons
  const reason = reasons[code] ?? textOf(error)
  const text = `${what} cannot listen on ${formatListenAddress(address)}: ${reason}`
  return new ListenError(text, code, address, { cause: error })
}

const portReasons: Record<string, string> = {
  EADDRINUSE: 'the port is taken by another program',
  EACCES: 'this user may not open the port (ports below 1024 need more rights)',
  EADDRNOTAVAIL: 'no interface of this machine has that address',
}

const pathReasons: Record<string, string> = {
  EADDRINUSE: 'another program listens there, or the path is a file that is no socket',
  // Node reports ENOENT so too.
  EACCES: 'the folder does not exist, or this user may not write to it',
  ENOTDIR: 'the path leads through a file that is no folder',
}
