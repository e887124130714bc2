import type { ClientOptions } from '@ls/client'
import type { Environment } from '@ls/transport'
import type { Finding, StepName } from './finding.js'

/** Subject of an examination. */
export interface Subject {
  /** URL of the server, as a user writes it. */
  readonly url: URL
  /** Options with which a client would link. */
  readonly client: ClientOptions
  /** Options of the other role: a provider instead of a client, or the reverse. */
  readonly otherRole: ClientOptions
  /** Whether a token was given. */
  readonly hasToken: boolean
  readonly environment: Environment
  /** How long to leave a link idle, in milliseconds; 0 to skip this. */
  readonly idleMs: number
  /** How long to measure the throughput in each direction, in milliseconds; 0 to skip this. */
  readonly speedMs: number
  /** Ends the examination early. */
  readonly signal: AbortSignal
}

/** An examination in progress: the subject, and results of earlier steps for later ones. */
export interface Examination extends Subject {
  report(finding: Finding): void
  /** Address of the first connection: the server, or the first proxy. Undefined for a UNIX socket. */
  firstHop?: { readonly host: string; readonly port: number }
  /** Whether the server is reached through proxies. */
  hasProxy: boolean
  /** Whether the connection to the proxy of the environment uses TLS. */
  hasTlsProxy: boolean
  /** The addresses of {@link firstHop}. */
  addresses: readonly string[]
}

/** One part of the path to the server. Resolves with whether the next part makes sense. */
export interface Step {
  readonly name: StepName
  /** Longest time, in milliseconds; a step ends well before that unless something hangs. */
  readonly timeoutMs: number
  run(examination: Examination): Promise<boolean>
}
