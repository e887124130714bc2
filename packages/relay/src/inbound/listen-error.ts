/** A port that cannot be opened; `code` is Node's (EADDRINUSE, EACCES, EADDRNOTAVAIL…). */
export class ListenError extends Error {
  override readonly name = 'ListenError'
  readonly code: string
  readonly host: string
  readonly port: number

  constructor(message: string, code: string, host: string, port: number, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.host = host
    this.port = port
  }
}

/** Puts into one line why `what` cannot listen on a port. */
export function listenError(error: unknown, what: string, host: string, port: number): ListenError {
  const code = (error as { code?: string }).code ?? 'UNKNOWN'
  const reason = reasons[code] ?? (error instanceof Error ? error.message : String(error))
  return new ListenError(`${what} cannot listen on ${host}:${port}: ${reason}`, code, host, port, { cause: error })
}

const reasons: Record<string, string> = {
  EADDRINUSE: 'the port is taken by another program',
  EACCES: 'this user may not open the port (ports below 1024 need more rights)',
  EADDRNOTAVAIL: 'no interface of this machine has that address',
}
