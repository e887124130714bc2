import type { ClientOptions } from '@ls/client'
import type { Environment } from '@ls/transport'
import type { Finding, StepName } from './finding.js'

/** What is examined. */
export interface Subject {
  /** Of the server, as a user writes it. */
  readonly url: URL
  /** How a client would link. */
  readonly client: ClientOptions
  /** How one of the other role would: as a provider instead of a client, or the other way round. */
  readonly otherRole: ClientOptions
  /** Whether a token was given. */
  readonly hasToken: boolean
  readonly environment: Environment
  /** How long to leave a link idle, in milliseconds; 0 for not. */
  readonly idleMs: number
  /** How long to measure the throughput in each direction, in milliseconds; 0 for not. */
  readonly speedMs: number
  /** Ends the examination early. */
  readonly signal: AbortSignal
}

/** An examination under way: the subject, and what earlier steps found out for later ones. */
export interface Examination extends Subject {
  report(finding: Finding): void
  /** The place that is connected to first: the server, or the first proxy. Undefined for a UNIX socket. */
  firstHop?: { readonly host: string; readonly port: number }
  /** Whether proxies lead to the server. */
  hasProxy: boolean
  /** Whether the proxy of the environment is spoken to in TLS. */
  hasTlsProxy: boolean
  /** The addresses of {@link firstHop}. */
  addresses: readonly string[]
}

/** One part of the way. Resolves with whether the next part makes sense. */
export interface Step {
  readonly name: StepName
  /** Longest time, in milliseconds; a step is over well before unless something hangs. */
  readonly deadlineMs: number
  run(examination: Examination): Promise<boolean>
}
