import { asError } from '@ls/foundation'
import { errorChain } from '../output/describe-error.js'

/** A port that a command opens, and the flags that choose it. */
export interface ListenPort {
  readonly host: string
  readonly port: number
  readonly portFlag: string
  readonly hostFlag: string
}

export function webSocketPort({ wsHost, wsPort }: { readonly wsHost: string; readonly wsPort: number }): ListenPort {
  return { host: wsHost, port: wsPort, portFlag: '--ws-port (-P)', hostFlag: '--ws-host (-H)' }
}

export function proxyPort({
  socksHost,
  socksPort,
}: {
  readonly socksHost: string
  readonly socksPort: number
}): ListenPort {
  return { host: socksHost, port: socksPort, portFlag: '--socks-port (-p)', hostFlag: '--socks-host (-s)' }
}

/**
 * Error to show when one of the `ports` could not be opened: a line that names the port and the flag to change. Any
 * other error is returned as it is.
 */
export function explainListenFailure(error: unknown, ports: readonly ListenPort[]): Error {
  const system = systemErrorOf(error)
  const matching = ports.filter(({ port }) => port === system?.port)
  // A host that does not resolve fails before there is a port.
  const [failed] = matching.length > 0 ? matching : ports.filter(({ host }) => host === system?.hostname)
  if (system === undefined || failed === undefined) return asError(error)
  return new Error(explain(system.code, failed, matching), { cause: error })
}

function explain(
  code: string,
  { host, port, portFlag, hostFlag }: ListenPort,
  matching: readonly ListenPort[],
): string {
  const flags = matching.length > 1 ? matching.map((each) => each.portFlag).join(' or ') : portFlag
  const opening = `port ${port} on ${host} cannot be opened`
  if (code === 'EADDRINUSE') return `${opening}: it is in use; choose another with ${flags}`
  if (code === 'EACCES')
    return `${opening}: this user has no permission, ports below 1024 need more rights; choose another with ${flags}`
  if (code === 'EMFILE' || code === 'ENFILE')
    return `${opening}: too many files are open (${code}); raise the limit (ulimit -n)`
  if (/^(?:[^:]+|\[.*\]):\d+$/.test(host)) return `${opening}: ${hostFlag} has no port; give it with ${portFlag}`
  return `${opening}: this machine has no such address (${code}); choose another with ${hostFlag}`
}

interface SystemError extends Error {
  readonly code: string
  readonly syscall: string
  readonly port?: number
  readonly hostname?: string
}

function systemErrorOf(error: unknown): SystemError | undefined {
  return errorChain(error).find(isSystemError)
}

function isSystemError(error: Error): error is SystemError {
  const { syscall, code } = error as Partial<SystemError>
  return (syscall === 'listen' || syscall === 'bind' || syscall === 'getaddrinfo') && typeof code === 'string'
}
